import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { processIdentity } from '@tenon/embedded'
import { errorCode } from '@tenon/kernel'
import type { Logger } from '@tenon/kernel/contracts'
import { removeControlFile, writeControlFile } from './control-file.ts'
import type { ControlLine } from './control-line.ts'

export interface ControlRequest {
  readonly body: unknown
  readonly tell: (progress: unknown) => void
  /** Fires when the command went away, and when the server stops. */
  readonly signal: AbortSignal
}

/** What a command may ask of a running server. Each line of progress is told at once, and then the result. */
export type ControlHandlers = Readonly<Record<string, (request: ControlRequest) => Promise<unknown>>>

/** Nobody in between, and no client, takes a silence of this length for an end. */
const BEAT_MS = 10_000

/**
 * A second door, for commands on this machine: on 127.0.0.1, at a port of its own, open to whoever can read the data folder. It works
 * while the first one is full or slow, and no API key opens it: what it does concerns all workspaces.
 */
export async function openControl(options: {
  readonly dataDir: string
  readonly handlers: ControlHandlers
  readonly logger: Logger
  readonly beatMs?: number
}): Promise<{ close(): Promise<void> }> {
  const { dataDir, handlers, logger, beatMs = BEAT_MS } = options
  const underway = new Set<Promise<void>>()
  const token = randomBytes(32).toString('base64url')
  const server = createServer((request, response) => {
    const answering = answer(request, response)
      .catch((error: unknown) => {
        logger.warn('a command could not be answered', { code: errorCode(error) })
        response.destroy()
      })
      .finally(() => underway.delete(answering))
    underway.add(answering)
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const handler = handlers[(request.url ?? '').slice(1)]
    if (!isSame(request.headers.authorization ?? '', `Bearer ${token}`)) return void response.writeHead(401).end()
    if (request.method !== 'POST' || handler === undefined) return void response.writeHead(404).end()
    const body: unknown = JSON.parse((await text(request)) || 'null')
    response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
    const line = (value: ControlLine): void => void response.write(`${JSON.stringify(value)}\n`)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const beating = setInterval(() => line({ beat: true }), beatMs)
    try {
      line({ result: await handler({ body, tell: (progress) => line({ progress }), signal: gone.signal }) })
    } catch (error) {
      line({ problem: { code: errorCode(error) ?? 'TENON_INTERNAL', message: error instanceof Error ? error.message : String(error) } })
    } finally {
      clearInterval(beating)
    }
    response.end()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the control server has no port')
  await writeControlFile(dataDir, {
    url: `http://127.0.0.1:${address.port}`,
    token,
    pid: process.pid,
    started: processIdentity(process.pid) ?? '',
  })
  return {
    async close() {
      await removeControlFile(dataDir)
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
      // What they do with the stores ends before the stores do.
      await Promise.all(underway)
    },
  }
}

const isSame = (left: string, right: string): boolean => timingSafeEqual(hash('sha256', left, 'buffer'), hash('sha256', right, 'buffer'))
