import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { errorCode } from '@tenon/kernel'
import type { Logger } from '@tenon/kernel/contracts'
import { removeControlFile, writeControlFile } from './control-file.ts'

/** What a command may ask of a running server. Each line of progress is told at once, and then the result. */
export type ControlHandlers = Readonly<
  Record<string, (request: { readonly body: unknown; readonly tell: (progress: unknown) => void }) => Promise<unknown>>
>

/**
 * A second door, for commands on this machine: on 127.0.0.1, at a port of its own, open to whoever can read the data folder. It works
 * while the first one is full or slow, and no API key opens it: what it does concerns all workspaces.
 */
export async function openControl(options: {
  readonly dataDir: string
  readonly handlers: ControlHandlers
  readonly logger: Logger
}): Promise<{ close(): Promise<void> }> {
  const { dataDir, handlers, logger } = options
  const token = randomBytes(32).toString('base64url')
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      logger.warn('a command could not be answered', { code: errorCode(error) })
      response.destroy()
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const handler = handlers[(request.url ?? '').slice(1)]
    if (!isSame(request.headers.authorization ?? '', `Bearer ${token}`)) return void response.writeHead(401).end()
    if (request.method !== 'POST' || handler === undefined) return void response.writeHead(404).end()
    const body: unknown = JSON.parse((await text(request)) || 'null')
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    const line = (value: unknown): void => void response.write(`${JSON.stringify(value)}\n`)
    try {
      line({ result: await handler({ body, tell: (progress) => line({ progress }) }) })
    } catch (error) {
      line({ problem: { code: errorCode(error) ?? 'TENON_INTERNAL', message: error instanceof Error ? error.message : String(error) } })
    }
    response.end()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the control server has no port')
  await writeControlFile(dataDir, { url: `http://127.0.0.1:${address.port}`, token, pid: process.pid })
  return {
    async close() {
      await removeControlFile(dataDir)
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const isSame = (left: string, right: string): boolean => timingSafeEqual(hash('sha256', left, 'buffer'), hash('sha256', right, 'buffer'))
