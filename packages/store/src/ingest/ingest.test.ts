import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'
import type { EventKey, OpenedBatch, Ruling } from './ingest-store.ts'

let test: TestStore
let streams = 0
const newStream = (): string => `stream-${++streams}`

beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const event = (messageId: string, workspace = 'main', source = 'web'): EventKey => ({ workspace, source, messageId })
const countsOf = async (stream: string) => (await test.store.ingest.progress([stream]))[0]?.counts
const counts = (received: number, stored: number) => ({ received, stored, duplicate: received - stored, failed: 0, dropped: 0 })

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
    expect(await test.store.ingest.position(stream)).toEqual({
      position: 5,
      openBatches: [{ batch: second.batch, from: 5, to: 7, rulings: {} }],
    })
    expect(await countsOf(stream)).toEqual({ received: 5, stored: 4, duplicate: 1, failed: 0, dropped: 0 })
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
    expect(await test.store.ingest.position(stream)).toEqual({ position: 0, openBatches: [] })
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
      ingest.closeBatch({ stream, batch, to: 2, counts: { received: 2, stored: 1, duplicate: 0, failed: 0, dropped: 0 } }),
    ).rejects.toMatchObject({ code: 'TENON_INGEST_COUNTS_INVALID' })
    await ingest.closeBatch({ stream, batch, to: 2, counts: counts(2, 2) })
    await ingest.closeBatch({ stream, batch, to: 2, counts: counts(2, 2) })
    expect(await countsOf(stream)).toEqual(counts(2, 2))
  })

  it('adds what became of the rows of imports, once, and of no other workspace', async () => {
    const stream = newStream()
    for (const id of [stream, `${stream}-other`]) await test.store.workspaces.ensure({ id, name: id })
    const { imports } = test.store.in(stream)
    const { id = '' } = (await imports.create({ key: 'k', source: {}, mapping: {}, maxFailures: 1 })) ?? {}
    expect((await imports.get(id))?.became).toBeUndefined()
    await imports.begin(id, { pieces: [] })
    expect((await imports.get(id))?.became).toEqual({ stored: 0, duplicate: 0, failed: 0, dropped: 0 })
    const { batch } = await open(stream, 0, [event('x'), event('y')])
    const became = { stored: 1, duplicate: 2, failed: 3, dropped: 4 }
    const outcomes = [stream, `${stream}-other`].map((workspace) => ({ workspace, importId: id, ...became }))
    for (let times = 0; times < 2; times++)
      await test.store.ingest.closeBatch({ stream, batch, to: 2, counts: counts(2, 2), imports: outcomes })
    expect((await imports.get(id))?.became).toEqual(became)
  })

  it('opens batches behind an open one, and closes them in order', async () => {
    const stream = newStream()
    const names = ['a', 'b', 'b', 'c'].map((name) => event(`${stream}-${name}`))
    const first = await open(stream, 0, names.slice(0, 2))
    const second = await open(stream, 2, names.slice(2))
    expect([first.fresh, second.fresh]).toEqual([[0, 1], [1]])
    const { ingest } = test.store
    const conflict = { code: 'TENON_INGEST_POSITION_CONFLICT' }
    await expect(open(stream, 2, [event(`${stream}-x`)])).rejects.toMatchObject(conflict)
    await expect(ingest.closeBatch({ stream, batch: second.batch, to: 4, counts: counts(2, 1) })).rejects.toMatchObject(conflict)
    expect(await ingest.position(stream)).toEqual({
      position: 0,
      openBatches: [
        { batch: first.batch, from: 0, to: 2, rulings: {} },
        { batch: second.batch, from: 2, to: 4, rulings: {} },
      ],
    })
    expect(await open(stream, 2, names.slice(2))).toEqual({ ...second, replayed: true })
    expect(await open(stream, 0, names.slice(0, 2))).toEqual({ ...first, replayed: true })
    await ingest.closeBatch({ stream, batch: first.batch, to: 2, counts: counts(2, 2) })
    await ingest.closeBatch({ stream, batch: first.batch, to: 2, counts: counts(2, 2) })
    await ingest.closeBatch({ stream, batch: second.batch, to: 4, counts: counts(2, 1) })
    expect(await ingest.position(stream)).toEqual({ position: 4, openBatches: [] })
    expect(await countsOf(stream)).toEqual(counts(4, 3))
  })

  it('keeps the first verdict about an open batch', async () => {
    const stream = newStream()
    const events = [event(`${stream}-a`)]
    const { batch, verdict } = await open(stream, 0, events)
    expect(verdict).toBeUndefined()
    const { ingest } = test.store
    expect(await ingest.judgeBatch({ stream, batch, verdict: { '0.0': 'no' } })).toEqual({ '0.0': 'no' })
    expect(await ingest.judgeBatch({ stream, batch, verdict: {} })).toEqual({ '0.0': 'no' })
    expect(await open(stream, 0, events)).toMatchObject({ replayed: true, verdict: { '0.0': 'no' } })
    await ingest.closeBatch({ stream, batch, to: 1, counts: counts(1, 1) })
    await expect(ingest.judgeBatch({ stream, batch, verdict: {} })).rejects.toMatchObject({ code: 'TENON_INGEST_POSITION_CONFLICT' })
  })

  it('reads what transformations ruled also where a process of the version before has written it into the verdict', async () => {
    const stream = newStream()
    const ruling = (stage: string, code: string): Ruling => ({ stage, code, reason: '', keep: 'payload' })
    const { ingest } = test.store
    const asked = { stream, from: 0, to: 4, events: [event(`${stream}-a`)], resolve: async () => undefined }
    const { batch } = await ingest.openBatch({ ...asked, rulings: { '0.0': ruling('identity', 'OPENED') } })
    const verdict = {
      '0.0': ruling('transform', 'LATER'),
      '0.1': ruling('transform', 'MOODY'),
      '0.2': ruling('plan', 'HELD'),
      '0.3': 'no',
    }
    await ingest.judgeBatch({ stream, batch, verdict })
    const standing = { '0.0': ruling('identity', 'OPENED'), '0.1': ruling('transform', 'MOODY') }
    expect((await ingest.position(stream)).openBatches).toMatchObject([{ batch, rulings: standing }])
    expect(await ingest.openBatch({ ...asked, standing })).toMatchObject({ batch, replayed: true, rulings: standing, verdict })
  })

  it('keeps what was ruled when a batch was opened, and opens it under nothing else', async () => {
    const stream = newStream()
    const ruling = (code: string): Ruling => ({ stage: 'transform', code, reason: '', keep: 'payload' })
    const asked = { stream, from: 0, to: 3, events: [event(`${stream}-a`)] }
    const { ingest } = test.store
    const ruled = { '0.1': ruling('FIRST') }
    const first = await ingest.openBatch({
      ...asked,
      rulings: ruled,
      async resolve(transaction) {
        await transaction.rule({ '0.1': ruling('SECOND'), '0.2': ruling('THIRD') })
      },
    })
    const standing = { ...ruled, '0.2': ruling('THIRD') }
    expect(first.rulings).toEqual(standing)
    expect(await ingest.position(stream)).toMatchObject({ openBatches: [{ rulings: standing }] })
    const conflict = { code: 'TENON_INGEST_POSITION_CONFLICT' }
    const again = (known: object) => ingest.openBatch({ ...asked, ...known, resolve: async () => undefined })
    await expect(again({})).rejects.toMatchObject(conflict)
    await expect(again({ rulings: ruled })).rejects.toMatchObject(conflict)
    await expect(again({ standing: ruled })).rejects.toMatchObject(conflict)
    expect(await again({ standing })).toMatchObject({ rulings: standing, fresh: [0] })
    const late = { '0.0': { ...ruling('LATE'), late: true as const } }
    const all = { ...standing, ...late }
    expect(await again({ standing, rulings: late })).toMatchObject({ rulings: all })
    // Its answer was lost: it asks once more.
    expect(await again({ standing, rulings: late })).toMatchObject({ rulings: all })
    await expect(again({ standing })).rejects.toMatchObject(conflict)
  })

  it('does not take a batch for a new one whose first opening ruled nothing', async () => {
    const stream = newStream()
    await open(stream, 0, [event(`${stream}-a`)])
    const ruling: Ruling = { stage: 'transform', code: 'X', reason: '', keep: 'payload' }
    const asked = { stream, from: 0, to: 1, events: [], rulings: { '0.0': ruling }, resolve: async () => undefined }
    await expect(test.store.ingest.openBatch(asked)).rejects.toMatchObject({ code: 'TENON_INGEST_POSITION_CONFLICT' })
  })

  describe('of a dedup window', () => {
    const toMidnight = () => test.clock.advance(DAY_MS - (test.clock.now().getTime() % DAY_MS))

    it.each([1, 7, 30])('of %s days forgets what is older and nothing else', async (olderThanDays) => {
      const stream = newStream()
      const { ingest } = test.store
      let at = 0
      const isNew = async (name: string) => (await open(stream, at++, [event(`${stream}-${name}`)])).fresh.length === 1
      toMidnight()
      await isNew('morning')
      test.clock.advance(DAY_MS - HOUR_MS / 2)
      await isNew('evening')
      test.clock.advance(olderThanDays * DAY_MS - HOUR_MS)
      await ingest.forget({ olderThanDays })
      expect([await isNew('morning'), await isNew('evening')]).toEqual([false, false])
      await isNew('young')
      test.clock.advance(2 * HOUR_MS)
      expect(await ingest.forget({ olderThanDays })).toBeGreaterThanOrEqual(2)
      // By whole days: what came in the morning was remembered for most of a day longer.
      expect([await isNew('morning'), await isNew('evening'), await isNew('young')]).toEqual([true, true, false])
      expect(await ingest.forget({ olderThanDays })).toBe(0)
    })

    it('knows what may be forgotten, whatever the window is by now', async () => {
      const { ingest } = test.store
      toMidnight()
      const days: number[] = []
      for (const olderThanDays of [7, 2, 30]) {
        await ingest.forget({ olderThanDays })
        days.push((test.clock.now().getTime() - ((await ingest.forgottenBefore())?.getTime() ?? 0)) / DAY_MS)
      }
      expect(days).toEqual([7, 2, 2])
    })
  })

  it('remembers imported events beyond the window', async () => {
    const stream = newStream()
    const imported = { ...event(`${stream}-imported`), source: 'import:orders' }
    await open(stream, 0, [imported])
    await test.store.ingest.closeBatch({ stream, batch: (await open(stream, 0, [imported])).batch, to: 1, counts: counts(1, 1) })
    test.clock.advance(100 * DAY_MS)
    await test.store.ingest.forget({ olderThanDays: 7 })
    expect((await open(stream, 1, [imported])).fresh).toEqual([])
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
      // Whether the batch before it is still open when it is opened.
      early: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 6 }), async (batches) => {
        const stream = newStream()
        const seen = new Set<number>()
        const { ingest } = test.store
        let pending: {
          readonly from: number
          readonly events: readonly EventKey[]
          readonly opened: OpenedBatch<undefined>
          readonly closings: number
        }[] = []
        let position = 0
        let stored = 0
        const closeAll = async (): Promise<void> => {
          for (const { from, events, opened, closings } of pending) {
            const closed = { stream, batch: opened.batch, to: from + events.length, counts: counts(events.length, opened.fresh.length) }
            for (let closing = 0; closing < closings; closing++) await ingest.closeBatch(closed)
          }
          pending = []
        }
        for (const { messages, deaths, closings, early } of batches) {
          const events = messages.map((message) => event(`${stream}-${message}`))
          const expected = messages.flatMap((message, place) => (!seen.has(message) && messages.indexOf(message) === place ? [place] : []))
          if (!early) await closeAll()
          const first = await open(stream, position, events)
          pending.push({ from: position, events, opened: first, closings })
          for (let death = 0; death < deaths; death++) {
            const ranges = pending.map(({ from, events: of, opened }) => ({ batch: opened.batch, from, to: from + of.length, rulings: {} }))
            expect((await ingest.position(stream)).openBatches).toEqual(ranges)
            for (const { from, events: of, opened } of pending) {
              expect(await open(stream, from, of)).toEqual({ ...opened, replayed: true })
            }
          }
          expect(first.fresh).toEqual(expected)
          position += events.length
          stored += expected.length
          for (const message of messages) seen.add(message)
        }
        await closeAll()
        expect(await test.store.ingest.position(stream)).toEqual({ position, openBatches: [] })
        expect(await countsOf(stream)).toEqual(counts(position, stored))
        expect(stored).toBe(seen.size)
      }),
      { numRuns: 30 },
    )
  })
})
