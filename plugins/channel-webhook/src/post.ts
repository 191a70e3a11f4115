import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Answer } from './outcome.ts'
import { guardedLookup, type Reach, type Resolve } from './reachable.ts'

export interface Poster {
  post(request: {
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly signal: AbortSignal
  }): Promise<Answer>
  close(): void
}

/** POSTs over kept connections, only to where `reach` allows. Never follows a redirect, never reads more than the head of an answer. */
export function createPoster(reach: Reach, connections: number, resolve?: Resolve): Poster {
  const options = { keepAlive: true, maxSockets: connections, lookup: guardedLookup(reach, resolve) }
  const http = new HttpAgent(options)
  const https = new HttpsAgent(options)
  return {
    post: ({ url, headers, body, signal }) =>
      new Promise((settle, fail) => {
        const secure = url.startsWith('https:')
        const send = secure ? httpsRequest : httpRequest
        const outgoing = send(url, { method: 'POST', headers, signal, agent: secure ? https : http, maxHeaderSize: 16_384 })
        outgoing.on('error', fail)
        outgoing.on('response', (incoming) => {
          const { statusCode, headers: answered } = incoming
          settle({ status: statusCode ?? 0, retryAfter: answered['retry-after'] })
          discard(incoming)
        })
        outgoing.end(body)
      }),
    close() {
      http.destroy()
      https.destroy()
    },
  }
}

const DISCARD_LIMIT = 65_536

/** A short body is read so that the connection can be used again; a long one costs its connection. */
function discard(incoming: NodeJS.ReadableStream & { destroy(): unknown }): void {
  let length = 0
  incoming.on('error', () => {})
  incoming.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > DISCARD_LIMIT) incoming.destroy()
  })
}
