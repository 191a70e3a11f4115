import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'
import type { EventKey, OpenedBatch } from './ingest-store.ts'

let test: TestStore
let streams = 0
const newStream = (): string => `stream-${++streams}`

beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

const DAY_MS = 86_400_000
const event = (messageId: string, workspace = 'main', source = 'web'): EventKey => ({ workspace, source, messageId })
const counts = (received: number, stored: number) => ({ received, stored, duplicate: received - stored, failed: 0 })

async function open(stream: string, from: number, events: readonly EventKey[]): Promise<OpenedBatch<undefined>> {
  return test.store.ingest.openBatch({ stream, from, to: from + events.length, events, resolve: async () => undefined })
}

describe('ingest', () => {
  it('counts an event once for each workspace and source, also within a batch', async () => {
    const stream = newStream()
    const id = (name: string) => `${stream}-${name}`
    const first = await open(stream, 0, [
      event(id('a')),
      event(id('b')),
      event(id('a')),
      event(id('a'), 'other'),
      event(id('a'), 'main', 'app'),
    ])
    expect(first.fresh).toEqual([0, 1, 3, 4])
    await test.store.ingest.closeBatch({ stream, batch: first.batch, to: 5, counts: counts(5, 4) })
    const second = await open(stream, 5, [event(id('b')), event(id('c'))])
    expect(second).toMatchObject({ fresh: [1], replayed: false })
    expect(await test.store.ingest.position(stream)).toEqual({ position: 5, openBatch: { batch: second.batch, from: 5, to: 7 } })
    expect(await test.store.ingest.counters(stream)).toEqual({ received: 5, stored: 4, duplicate: 1, failed: 0 })
  })

  it('takes any text as a message id', async () => {
    const stream = newStream()
    const events = ["'; drop table tenon.ingest_seen; --", '\0', '\ud800', 'x'.repeat(100_000), '{}', '', '💧'].map((text) =>
      event(stream + text),
    )
    const { batch, fresh } = await open(stream, 0, events)
    expect(fresh).toHaveLength(events.length)
    await test.store.ingest.closeBatch({ stream, batch, to: events.length, counts: counts(7, 7) })
    expect((await open(stream, 7, events)).fresh).toEqual([])
  })

  it('does nothing of a batch whose resolution fails', async () => {
    const stream = newStream()
    const failing = test.store.ingest.openBatch({
      stream,
      from: 0,
      to: 1,
      events: [event(`${stream}-a`)],
      async resolve(transaction) {
        await transaction.in(stream).profiles.create(1)
        throw new Error('no plan')
      },
    })
    await expect(failing).rejects.toThrow('no plan')
    expect(await test.store.in(stream).profiles.count()).toBe(0)
    expect(await test.store.ingest.position(stream)).toEqual({ position: 0 })
    expect((await open(stream, 0, [event(`${stream}-a`)])).fresh).toEqual([0])
  })

  it('keeps what resolution wrote, and gives its result', async () => {
    const stream = newStream()
    const { result } = await test.store.ingest.openBatch({
      stream,
      from: 0,
      to: 2,
      events: [event('a', stream), event('b', `${stream}-2`)],
      resolve: async (transaction, fresh) => {
        const ids = await transaction.in(stream).profiles.create(fresh.length)
        return transaction.in(stream).transaction(async (tx) => (await tx.profiles.resolve(ids)).size)
      },
    })
    expect(result).toBe(2)
    expect(await test.store.in(stream).profiles.count()).toBe(2)
  })

  it('refuses batches that do not continue the stream, and counts that do not add up', async () => {
    const stream = newStream()
    const conflict = { code: 'TENON_INGEST_POSITION_CONFLICT' }
    await expect(open(stream, 3, [event('x')])).rejects.toMatchObject(conflict)
    const { batch } = await open(stream, 0, [event('x'), event('y')])
    await expect(open(stream, 0, [event('x')])).rejects.toMatchObject(conflict)
    const { ingest } = test.store
    await expect(ingest.closeBatch({ stream, batch: batch + 1, to: 2, counts: counts(2, 2) })).rejects.toMatchObject(conflict)
    await expect(ingest.closeBatch({ stream, batch, to: 3, counts: counts(2, 2) })).rejects.toMatchObject(conflict)
    await expect(
      ingest.closeBatch({ stream, batch, to: 2, counts: { received: 2, stored: 1, duplicate: 0, failed: 0 } }),
    ).rejects.toMatchObject({ code: 'TENON_INGEST_COUNTS_INVALID' })
    await ingest.closeBatch({ stream, batch, to: 2, counts: counts(2, 2) })
    await ingest.closeBatch({ stream, batch, to: 2, counts: counts(2, 2) })
    expect(await ingest.counters(stream)).toEqual(counts(2, 2))
  })

  it('forgets what is older than the window and nothing else', async () => {
    const stream = newStream()
    const old = await open(stream, 0, [event(`${stream}-old`)])
    await test.store.ingest.closeBatch({ stream, batch: old.batch, to: 1, counts: counts(1, 1) })
    test.clock.advance(5 * DAY_MS)
    const young = await open(stream, 1, [event(`${stream}-young`)])
    await test.store.ingest.closeBatch({ stream, batch: young.batch, to: 2, counts: counts(1, 1) })
    test.clock.advance(3 * DAY_MS)
    expect(await test.store.ingest.forget()).toBeGreaterThanOrEqual(1)
    expect((await open(stream, 2, [event(`${stream}-old`), event(`${stream}-young`)])).fresh).toEqual([0])
    expect(await test.store.ingest.forget()).toBe(0)
  })

  it('counts an event once when two streams bring it at the same time', async () => {
    const names = Array.from({ length: 500 }, (_, place) => `both-${place}`)
    const [left, right] = await Promise.all([
      open(
        newStream(),
        0,
        names.map((name) => event(name)),
      ),
      open(
        newStream(),
        0,
        names.toReversed().map((name) => event(name)),
      ),
    ])
    expect((left?.fresh.length ?? 0) + (right?.fresh.length ?? 0)).toBe(500)
  })

  it('loses nothing and counts nothing twice, wherever a worker dies', async () => {
    const batch = fc.record({
      messages: fc.array(fc.nat(12), { minLength: 1, maxLength: 8 }),
      // How often the worker dies after the batch was opened, before it is closed; and after that before it hears of it.
      deaths: fc.nat(2),
      closings: fc.integer({ min: 1, max: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 6 }), async (batches) => {
        const stream = newStream()
        const seen = new Set<number>()
        let position = 0
        let stored = 0
        for (const { messages, deaths, closings } of batches) {
          const events = messages.map((message) => event(`${stream}-${message}`))
          const expected = messages.flatMap((message, place) => (!seen.has(message) && messages.indexOf(message) === place ? [place] : []))
          const first = await open(stream, position, events)
          for (let death = 0; death < deaths; death++) {
            const { openBatch } = await test.store.ingest.position(stream)
            expect(openBatch).toEqual({ batch: first.batch, from: position, to: position + events.length })
            expect(await open(stream, position, events)).toEqual({ ...first, replayed: true })
          }
          expect(first.fresh).toEqual(expected)
          const to = position + events.length
          for (let closing = 0; closing < closings; closing++) {
            await test.store.ingest.closeBatch({ stream, batch: first.batch, to, counts: counts(events.length, expected.length) })
          }
          position = to
          stored += expected.length
          for (const message of messages) seen.add(message)
        }
        expect(await test.store.ingest.position(stream)).toEqual({ position })
        expect(await test.store.ingest.counters(stream)).toEqual(counts(position, stored))
        expect(stored).toBe(seen.size)
      }),
      { numRuns: 30 },
    )
  })
})
