import { setTimeout as pause } from 'node:timers/promises'
import type { Message } from '../mapping/message.ts'

/** The public API as a program of somebody else uses it: JSON over HTTP and nothing else. */
export interface TenonApi {
  get<Answer>(path: string): Promise<Answer>
  put<Answer>(path: string, body: unknown): Promise<Answer>
  post<Answer>(path: string, body: unknown): Promise<Answer>
  /** Sends a batch with the write key; waits and tries again where the server is busy. */
  track(batch: readonly Message[]): Promise<void>
  /** The events that the server counts, by state. */
  eventCounts(): Promise<EventCounts>
}

export type EventCounts = Readonly<Record<'received' | 'stored' | 'duplicate' | 'failed', number>>

export function createTenonApi(server: { readonly address: string; readonly writeKey: string; readonly apiKey: string }): TenonApi {
  const bearer = `Bearer ${server.apiKey}`
  const basic = `Basic ${Buffer.from(`${server.writeKey}:`).toString('base64')}`

  const request = (method: string, path: string, authorization: string, body?: unknown): Promise<Response> =>
    fetch(`${server.address}${path}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })

  async function answer<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await request(method, path, bearer, body)
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${(await response.text()).slice(0, 500)}`)
    return (await response.json()) as Answer
  }

  return {
    get: (path) => answer('GET', path),
    put: (path, body) => answer('PUT', path, body),
    post: (path, body) => answer('POST', path, body),
    async track(batch) {
      for (;;) {
        const response = await request('POST', '/v1/batch', basic, { batch })
        const text = await response.text()
        if (response.ok) return
        if (response.status !== 429) throw new Error(`POST /v1/batch answered ${response.status}: ${text.slice(0, 500)}`)
        await pause(Number(response.headers.get('retry-after') ?? 1) * 1_000)
      }
    },
    async eventCounts() {
      const metrics = await (await request('GET', '/metrics', bearer)).text()
      const count = (state: string) => Number(metrics.match(new RegExp(`^tenon_events_total\\{state="${state}"\\} (\\S+)$`, 'm'))?.[1])
      return { received: count('received'), stored: count('stored'), duplicate: count('duplicate'), failed: count('failed') }
    },
  }
}
