import { gzipSync } from 'node:zlib'
import type { PushSource } from '@tenon/kernel/contracts'
import { createSegmentSource, segmentConfig } from '@tenon/plugin-source-segment'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type World } from './world.fixture.ts'

const LIMIT = 1_000_000
const BUDGET = 4 * LIMIT

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

const bomb = gzipSync(Buffer.alloc(LIMIT - 30_000, 32))
const small = (serial: number): Uint8Array => gzipSync(JSON.stringify({ batch: [{ type: 'page', messageId: `small-${serial}` }] }))

/** A source that holds on to what it reads until `open`, and knows how much that was at the most. */
function slowSource() {
  const segment = createSegmentSource(segmentConfig.parse({}))
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const state = { reading: 0, bytes: 0, most: 0 }
  const source: PushSource = {
    ...segment,
    async read(request, context) {
      state.reading += 1
      state.bytes += request.body.length
      state.most = Math.max(state.most, state.bytes)
      await opened
      state.bytes -= request.body.length
      return segment.read(request, context)
    },
  }
  return { source, state, open }
}

/** Sends many at once to a server that reads none to its end before each is answered or being read. */
async function send(bodies: readonly Uint8Array[], headers: Readonly<Record<string, string>> = {}) {
  const { source, state, open } = slowSource()
  const ingest = await world.start({ sources: new Map([['web', source]]), limits: { bodyBytes: LIMIT, inFlightBytes: BUDGET } })
  let answered = 0
  const statuses = bodies.map(async (body) => {
    const { status } = await world.send(ingest, '/v1/batch', body, { headers: { 'content-length': String(body.length), ...headers } })
    answered += 1
    return status
  })
  await expect.poll(() => answered + state.reading, { timeout: 10_000 }).toBe(bodies.length)
  const { reading, most } = state
  open()
  const found = Map.groupBy(await Promise.all(statuses), (status) => status)
  await ingest.stop()
  return { reading, most, answers: Object.fromEntries([...found].map(([status, { length }]) => [status, length])) }
}

describe('packed bodies', () => {
  it('that come to more than there is room for once they are unpacked are asked to come again', async () => {
    const { reading, most, answers } = await send(Array.from({ length: 50 }, () => bomb))
    expect(bomb.length * 50).toBeLessThan(BUDGET)
    expect(most).toBeLessThanOrEqual(BUDGET)
    expect(reading).toBe(4)
    expect(answers).toEqual({ 400: 4, 429: 46 })
  })

  it('of strangers leave half of the room to those who show a key', async () => {
    const { reading, answers } = await send(
      Array.from({ length: 50 }, () => bomb),
      { authorization: '' },
    )
    expect(reading).toBe(2)
    expect(answers).toEqual({ 401: 2, 429: 48 })
  })

  it('that are small come in by the hundreds at once', async () => {
    const { reading, answers } = await send(Array.from({ length: 300 }, (_, index) => small(index)))
    expect(reading).toBe(300)
    expect(answers).toEqual({ 200: 300 })
  })
})
