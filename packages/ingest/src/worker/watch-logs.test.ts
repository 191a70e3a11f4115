import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventLog } from '../log/event-log.ts'
import { createWorld, type World } from '../world.fixture.ts'
import { watchLogs } from './watch-logs.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

/** A shared log from `first` to `end`, a part at each position; `onLook` happens when somebody looks. */
function logOf(range: { first: number; end: number }, onLook: () => Promise<void> = async () => undefined) {
  const state = () => ({ ...range, bytes: 0, budgetBytes: 1, skippedBytes: 0 })
  return {
    state,
    async look() {
      await onLook()
      return state()
    },
    countParts: async (from: number, until: number) => until - Math.max(from, range.first),
  } satisfies Partial<EventLog>
}

/** Stores what is between two positions of a stream. */
async function store(stream: string, from: number, to: number): Promise<void> {
  const { batch } = await world.store.ingest.openBatch({ stream, from, to, events: [], resolve: async () => undefined })
  const parts = to - from
  await world.store.ingest.closeBatch({
    stream,
    batch,
    to,
    counts: { received: parts, stored: parts, duplicate: 0, failed: 0, dropped: 0 },
  })
}

describe('a look at shared logs', () => {
  const { signal } = new AbortController()

  it('has an end where the log begins beyond what the store knows', async () => {
    const watch = watchLogs(world.store, [{ log: logOf({ first: 5, end: 8 }), stream: 'beyond' }], signal)
    expect(await watch.look()).toMatchObject({ inLog: 3, position: 0, counts: { received: 3, stored: 0 } })
  })

  it('is made again where somebody stores meanwhile and deletes what was stored', async () => {
    const range = { first: 0, end: 8 }
    let left = 4
    const log = logOf(range, async () => {
      if (left-- <= 0) return
      await store('meanwhile', range.first, range.first + 1)
      range.first += 1
    })
    const watch = watchLogs(world.store, [{ log, stream: 'meanwhile' }], signal)
    expect(await watch.look()).toMatchObject({ inLog: 4, position: 4, counts: { received: 8, stored: 4 } })
  })

  it('fails while the store is away, where what the store said last is too old to count from', async () => {
    const range = { first: 0, end: 8 }
    let isAway = false
    const progress: World['store']['ingest']['progress'] = (streams) =>
      isAway ? Promise.reject(new Error('the store is away')) : world.store.ingest.progress(streams)
    const stores = { ...world.store, ingest: { ...world.store.ingest, progress } }
    const watch = watchLogs(stores, [{ log: logOf(range), stream: 'away' }], signal)
    expect(await watch.look()).toMatchObject({ inLog: 8 })
    isAway = true
    expect(await watch.look()).toMatchObject({ inLog: 8 })
    range.first = 2
    await expect(watch.look()).rejects.toThrow('the store is away')
  })
})
