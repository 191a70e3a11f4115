import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LogCountsDiffer } from '../errors.ts'
import type { LogChunk, LogRecord } from '../log/event-log.ts'
import { type LogPlace, logKinds } from '../log/log-places.fixture.ts'
import { createWorld, type World } from '../world.fixture.ts'

type Slip = (chunk: LogChunk) => LogChunk

/** Without the last of the events or of the refusals that it holds; its header still says how many there were. */
function without(list: 'events' | 'refused', record: LogRecord): LogRecord {
  const text = record.payload.toString()
  const end = text.indexOf('\n')
  const request = JSON.parse(text.slice(0, end))
  request[list].pop()
  return { ...record, payload: Buffer.from(JSON.stringify(request) + text.slice(end)) }
}

const slips: readonly (readonly [string, Slip])[] = [
  ['a record', (chunk) => ({ ...chunk, records: chunk.records.slice(1) })],
  ['an event', (chunk) => ({ ...chunk, records: chunk.records.map((record) => without('events', record)) })],
  ['a refusal', (chunk) => ({ ...chunk, records: chunk.records.map((record) => without('refused', record)) })],
  ['nothing, and stores a record twice', (chunk) => ({ ...chunk, records: [...chunk.records, ...chunk.records] })],
]

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())
afterEach(() => world.halt())

describe.each(logKinds)('a storer of a $kind log', (kind) => {
  let place: LogPlace
  beforeAll(async () => {
    if (kind.missing === undefined) place = await kind.place()
  })
  afterAll(() => place?.close())

  it.skipIf(kind.missing !== undefined).each(slips)('that passes over %s stops before it stores anything, and says so', async (_, slip) => {
    const openLogs = place.make()()
    const streams: string[] = []
    let isSlipping = true
    const ingest = await world.start({
      async log() {
        const opened = await openLogs()
        streams.push(...opened.logs.map(({ id }) => `${opened.prefix}:${id}`))
        return opened
      },
      around:
        (storer) =>
        ({ log, stream }, ends, events) => {
          const read: typeof log.read = async (request) => {
            const chunk = await log.read(request)
            return isSlipping ? slip(chunk) : chunk
          }
          return storer({ log: { ...log, read }, stream }, ends, events)
        },
    })
    const inEngine = async () => ({
      events: await world.analytics.in('shop').countEvents(),
      failed: (await world.analytics.in('shop').failedEvents({ limit: 1_000 })).rows.length,
    })
    const before = await inEngine()
    const track = (name: string) => ({ type: 'track', event: name, messageId: randomUUID(), userId: 'passed-over' })
    expect((await world.send(ingest, '/v1/batch', { batch: [track('One'), track('Two'), track('')] })).status).toBe(200)
    await expect
      .poll(() => ingest.health(), { timeout: 20_000 })
      .toEqual({ status: 'down', reason: `nothing is stored any more: ${LogCountsDiffer.code}` })
    expect(ingest.logHealth()).toEqual({ status: 'ok' })
    expect(await world.store.ingest.progress(streams)).toMatchObject([{ position: 0, counts: { received: 0 } }])
    expect((await world.store.ingest.position(streams[0] ?? '')).openBatches).toEqual([])
    expect(await inEngine()).toEqual(before)
    expect(await ingest.measure()).toMatchObject({ received: 3, stored: 0, inLog: 3 })
    isSlipping = false
    await ingest.idle()
    expect(await inEngine()).toEqual({ events: before.events + 2, failed: before.failed + 1 })
    expect(await ingest.measure()).toMatchObject({ received: 3, stored: 2, failed: 1, duplicate: 0, inLog: 0 })
    await expect.poll(() => ingest.health(), { timeout: 20_000 }).toEqual({ status: 'ok' })
    await ingest.stop()
  })
})
