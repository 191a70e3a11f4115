import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ingest } from './ingest.ts'
import { createWorld, type World } from './world.fixture.ts'

let world: World
let ingest: Ingest
let server: ReturnType<typeof serve>
let port: number
beforeAll(async () => {
  world = await createWorld()
  ingest = await world.start({ limits: { bodyBytes: 1_000_000 } })
  server = serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => (await ingest.handle(request)) ?? new Response(null, { status: 404 }),
  })
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  server.close()
  await world.close()
})

const authorization = `Basic ${btoa('key-of-shop:')}`

/** Sends pieces without saying how long the whole will be. */
async function sendChunked(pieces: readonly Uint8Array[], headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/v1/batch', headers: { authorization, ...headers } })
  const answered = new Promise<number>((resolve, reject) => {
    request.once('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.once('error', reject)
  })
  for (const piece of pieces) request.write(piece)
  request.end()
  return answered
}

describe('over a real server', () => {
  it('takes a body in chunks, packed or not', async () => {
    const body = Buffer.from(JSON.stringify({ batch: [{ type: 'track', event: 'Chunked', messageId: 'chunk-1', userId: 'chunked' }] }))
    expect(await sendChunked([body.subarray(0, 10), body.subarray(10)])).toBe(200)
    const packed = gzipSync(body.toString().replace('chunk-1', 'chunk-2'))
    expect(await sendChunked([packed.subarray(0, 5), packed.subarray(5)], { 'content-encoding': 'gzip' })).toBe(200)
    await ingest.idle()
    const profile = (await world.store.in('shop').profiles.find({ type: 'user_id', value: 'chunked' })) ?? 0
    expect((await world.analytics.in('shop').events({ profile, limit: 10 })).rows).toHaveLength(2)
  })

  it('tells a client that sends too much, and stops reading at some point', async () => {
    const declared = await fetch(`http://127.0.0.1:${port}/v1/batch`, {
      method: 'POST',
      headers: { authorization },
      body: 'x'.repeat(1_000_001),
    })
    expect(declared.status).toBe(413)
    expect(await sendChunked(Array.from({ length: 20 }, () => Buffer.alloc(100_000, 32)))).toBe(413)
    const endless = sendChunked(Array.from({ length: 200 }, () => Buffer.alloc(100_000, 32)))
    expect(await endless.catch(() => 'cut')).toBeOneOf([413, 'cut'])
  })

  it('is not disturbed by a client that goes away in the middle', async () => {
    const before = ingest.stats().received
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-length: 5000\r\n\r\n{"batch":[`)
    socket.destroy()
    await once(socket, 'close')
    const response = await fetch(`http://127.0.0.1:${port}/v1/track`, {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify({ event: 'After', messageId: 'after-1' }),
    })
    expect(response.status).toBe(200)
    expect(ingest.stats().received).toBe(before + 1)
  })

  it('takes a beacon with its key in the query', async () => {
    const body = JSON.stringify({ batch: [{ type: 'page', messageId: 'beacon-1' }], sentAt: world.now.toISOString() })
    const response = await fetch(`http://127.0.0.1:${port}/beacon/v1/batch?writeKey=key-of-shop`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body,
    })
    expect(response.status).toBe(200)
    expect(response.redirected).toBe(false)
  })
})
