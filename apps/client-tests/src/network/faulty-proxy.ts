import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Exchange } from './exchange.ts'
import type { Fault } from './fault.ts'

/** Where redirects lead: it takes everything, of pages too, says 200 and keeps nothing. */
const ELSEWHERE = '/elsewhere'

export interface FaultyProxy {
  readonly address: string
  /** Everything that came, oldest first. */
  readonly exchanges: readonly Exchange[]
  /** Those that carry events to the collector. */
  deliveries(): readonly Exchange[]
  /** Strikes the next request with events. */
  failNext(fault: Fault): void
  close(): Promise<void>
}

export interface FaultyProxyOptions {
  /** The server behind it. */
  readonly target: string
  /** Spent one by one on requests with events; afterwards the network is good. */
  readonly faults?: readonly Fault[]
  /** The path as the server gets it. */
  readonly rewrite?: (path: string) => string
  /** Headers that it adds, as a load balancer does. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A network between a client and the collector that fails when it is told to, and writes down what it saw. */
export async function openFaultyProxy({ target, faults = [], rewrite = same, headers = {} }: FaultyProxyOptions): Promise<FaultyProxy> {
  const ahead = [...faults]
  const exchanges: Exchange[] = []
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const path = request.url ?? '/'
    const note = (fate: Exchange['fate'], status: number | undefined): void => {
      exchanges.push({ method: request.method ?? '', path, headers: request.headers, body, fate, status, at: Date.now() })
    }
    if (path.startsWith(ELSEWHERE)) {
      note('redirect', 200)
      const asked = request.headers['access-control-request-headers'] ?? ''
      const allowed = { 'access-control-allow-origin': '*', 'access-control-allow-headers': asked }
      response.writeHead(200, { ...allowed, 'content-type': 'application/json' }).end('{}')
      return
    }
    const fault = carriesEvents(request.method, path) ? ahead.shift() : undefined
    switch (fault?.kind) {
      case 'status':
        note('status', fault.status)
        response.writeHead(fault.status, fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }).end('not now')
        return
      case 'reset':
        note('reset', undefined)
        request.socket.resetAndDestroy()
        return
      case 'hang':
        note('hang', undefined)
        return
      case 'redirect':
        note('redirect', fault.status)
        response.writeHead(fault.status, { location: `${ELSEWHERE}${path}`, 'access-control-allow-origin': '*' }).end()
        return
      case 'lose-answer':
        await forward(request, path, body)
        note('lose-answer', undefined)
        request.socket.resetAndDestroy()
        return
      default: {
        const answer = await forward(request, path, body)
        note('answered', answer.status)
        response.writeHead(answer.status, answer.headers).end(answer.body)
      }
    }
  }

  async function forward(request: IncomingMessage, path: string, body: Buffer) {
    // A URL object would tidy the path; the server must get it as it is.
    const { hostname, port } = new URL(target)
    const onward = send({
      hostname,
      port,
      method: request.method,
      path: rewrite(path),
      headers: { ...request.headers, ...headers },
      agent: false,
    })
    onward.end(body)
    const [answer]: IncomingMessage[] = await once(onward, 'response')
    if (answer === undefined) throw new Error('the server gave no answer')
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the proxy has no port')
  return {
    address: `http://127.0.0.1:${bound.port}`,
    exchanges,
    deliveries: () => exchanges.filter(({ method, path }) => carriesEvents(method, path)),
    failNext: (fault) => void ahead.push(fault),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const same = (path: string): string => path

const carriesEvents = (method: string | undefined, path: string): boolean =>
  method === 'POST' && !path.startsWith(ELSEWHERE) && !/\/v1\/m\/?$/.test(path)
