import { gzipSync } from 'node:zlib'
import type { Collector } from './collector.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** One request as no client would shape it, under the right key unless `headers` say otherwise. Follows no redirect. */
export async function post(
  { address, writeKey }: Pick<Collector, 'address' | 'writeKey'>,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${address}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { authorization: basic(writeKey), ...headers },
    body: body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

export const basic = (writeKey: string): string => `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`

export const gzipped = (body: unknown): Uint8Array => gzipSync(JSON.stringify(body))
