import { setTimeout as delay } from 'node:timers/promises'
import type { ServerProcess } from '../load/server-process.ts'

interface ImportView {
  readonly id: string
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  readonly progress: { readonly rows: number }
  readonly error: { readonly code: string; readonly message: string } | null
}

const STUCK_MS = 60_000

/** Its id. */
export async function beginImport(server: ServerProcess, request: { readonly source: object; readonly mapping: object }): Promise<string> {
  return (await call(server, 'POST', '/v1/imports', request)).id
}

/** Resolves once so many rows are read, or once it is done; fails where it fails, and where nothing moves for a minute. */
export async function untilRead(server: ServerProcess, id: string, rows = Number.POSITIVE_INFINITY): Promise<ImportView> {
  let moved = performance.now()
  let last = -1
  for (;;) {
    const now = await call(server, 'GET', `/v1/imports/${id}`)
    if (now.state === 'failed' || now.state === 'cancelled') throw new Error(`the import is ${now.state}: ${now.error?.message ?? ''}`)
    if (now.state === 'done' || now.progress.rows >= rows) return now
    if (now.progress.rows !== last) moved = performance.now()
    if (performance.now() - moved > STUCK_MS) throw new Error(`${now.progress.rows} rows are read and nothing moves`)
    last = now.progress.rows
    await delay(10)
  }
}

async function call({ address, apiKey }: ServerProcess, method: 'GET' | 'POST', path: string, body?: object): Promise<ImportView> {
  const response = await fetch(`${address}${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (response.status !== 200) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as ImportView
}
