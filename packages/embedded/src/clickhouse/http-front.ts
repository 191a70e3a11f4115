import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { ClickHouseException } from './clickhouse-error.ts'
import { authenticate, type Credentials } from './credentials.ts'
import type { Engine } from './engine.ts'
import { readQueryRequest } from './query-request.ts'
import { sendException, sendResult } from './query-response.ts'
import { discardRest } from './request-body.ts'
import { runQuery } from './run-query.ts'
import type { Spool } from './spool.ts'

/** With an address as long as a server takes it (`http_max_uri_size`). */
const maxHeaderSize = 1024 * 1024 + 64 * 1024
const maxDiscardedBytes = 64 * 1024 * 1024

export interface HttpFrontOptions {
  readonly engine: Engine
  readonly spool: Spool
  readonly credentials: Credentials
  /** 0 lets the system choose. */
  readonly port: number
  readonly maxQueryBytes: number
  readonly maxFieldBytes: number
  readonly maxWholeResultBytes: number
}

/** The part of ClickHouse's HTTP interface that its clients use, over the engine of this process. */
export class HttpFront {
  readonly #options: HttpFrontOptions
  readonly #server: Server
  readonly #inFlight = new Set<AbortController>()

  private constructor(options: HttpFrontOptions) {
    this.#options = options
    this.#server = createServer({ maxHeaderSize }, (request, response) => void this.#handle(request, response))
    this.#server.keepAliveTimeout = 60_000
    // A large INSERT may take as long as it needs; its password was checked with its first line.
    this.#server.requestTimeout = 0
  }

  static async listen(options: HttpFrontOptions): Promise<HttpFront> {
    const front = new HttpFront(options)
    await new Promise<void>((resolve, reject) => {
      front.#server.once('error', reject)
      front.#server.listen(options.port, '127.0.0.1', resolve)
    })
    return front
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Lets what is under way end within `graceMs`, then stops it in the engine. */
  async close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    const timer = new AbortController()
    await Promise.race([this.#idle(timer.signal), delay(graceMs, undefined, { signal: timer.signal }).catch(() => undefined)])
    timer.abort()
    for (const query of this.#inFlight) query.abort(new Error('the server is shutting down'))
    await this.#idle(AbortSignal.timeout(graceMs))
    this.#server.closeAllConnections()
    await closed
  }

  async #idle(signal: AbortSignal): Promise<void> {
    while (this.#inFlight.size > 0 && !signal.aborted) await delay(10)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, address } = splitTarget(request.url ?? '/')
    response.setHeader('X-ClickHouse-Server-Display-Name', 'tenon-embedded')
    if (path === '/ping') {
      response.end('Ok.\n')
      return
    }
    const aborted = new AbortController()
    this.#inFlight.add(aborted)
    response.on('close', () => {
      if (!response.writableFinished) aborted.abort(new Error('the client went away'))
    })
    try {
      await this.#answer(request, response, path, address, aborted.signal)
    } catch (error) {
      sendException(response, error)
      discardRest(request, maxDiscardedBytes)
    } finally {
      this.#inFlight.delete(aborted)
    }
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    address: URLSearchParams,
    signal: AbortSignal,
  ): Promise<void> {
    const queryId = acceptableId(address.get('query_id')) ?? randomUUID()
    response.setHeader('X-ClickHouse-Query-Id', queryId)
    response.setHeader('X-ClickHouse-Timezone', 'UTC')
    if (path !== '/') throw new ClickHouseException(47, 'UNKNOWN_IDENTIFIER', `There is no handle ${path.slice(0, 100)}`)
    if (request.method !== 'GET' && request.method !== 'POST') {
      throw new ClickHouseException(48, 'NOT_IMPLEMENTED', 'Only GET and POST are supported')
    }
    authenticate(request, address, this.#options.credentials)
    const { engine, spool, maxQueryBytes, maxFieldBytes, maxWholeResultBytes } = this.#options
    const query = await readQueryRequest(request, address, queryId, { maxQueryBytes, maxFieldBytes })
    const run = runQuery(query, { engine, spool, maxWholeResultBytes, signal })
    await sendResult(request, response, run, query.wantsCompression)
  }
}

/** By hand: the URL parser throws on some targets that come over a wire. */
function splitTarget(target: string): { readonly path: string; readonly address: URLSearchParams } {
  const mark = target.indexOf('?')
  return { path: mark < 0 ? target : target.slice(0, mark), address: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)) }
}

/** The id stands in a comment behind the statement: only what can not end a comment may pass. */
const acceptableId = (id: string | null): string | undefined => (id !== null && /^[\w.:-]{1,128}$/.test(id) ? id : undefined)
