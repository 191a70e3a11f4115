import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

const STREAMS = ['a', 'b', 'c', 'd']
const alive = (worker: string, ttlMs = 60_000) => test.store.ingest.share({ worker, streams: STREAMS, ttlMs })
beforeEach(async () => {
  for (const worker of ['one', 'two', 'three']) await test.store.ingest.handBack({ worker })
})

describe('streams that workers share', () => {
  it('belong to one worker at a time, and to each its part', async () => {
    expect(await alive('one')).toEqual({ held: STREAMS, fair: 4 })
    expect(await alive('two')).toEqual({ held: [], fair: 2 })
    expect(await alive('one')).toEqual({ held: STREAMS, fair: 2 })
    await test.store.ingest.handBack({ worker: 'one', streams: ['c', 'd'] })
    expect(await alive('one')).toEqual({ held: ['a', 'b'], fair: 2 })
    expect(await alive('two')).toEqual({ held: ['c', 'd'], fair: 2 })
    expect(await alive('three')).toEqual({ held: [], fair: 2 })
  })

  it('are given out once, however many ask at once', async () => {
    const asked = await Promise.all(['one', 'two', 'three'].flatMap((worker) => [alive(worker), alive(worker)]))
    const held = await Promise.all(['one', 'two', 'three'].map((worker) => alive(worker)))
    expect(asked.length).toBe(6)
    expect(held.flatMap((share) => share.held).sort()).toEqual(STREAMS)
  })

  it('of a worker that says nothing any more go to the others', async () => {
    await alive('one', -1)
    expect(await alive('two')).toEqual({ held: STREAMS, fair: 4 })
    expect(await alive('one')).toEqual({ held: [], fair: 2 })
  })

  it('are all free again when a worker leaves', async () => {
    await alive('one')
    await test.store.ingest.handBack({ worker: 'one' })
    expect(await alive('two')).toEqual({ held: STREAMS, fair: 4 })
  })
})

describe('the progress of streams', () => {
  it('is of one moment, and nothing for those that nobody opened', async () => {
    const { ingest } = test.store
    const events = [{ workspace: 'main', source: 'web', messageId: 'progress' }]
    const { batch } = await ingest.openBatch({ stream: 'p', from: 0, to: 3, events, resolve: async () => undefined })
    const nothing = { received: 0, stored: 0, duplicate: 0, failed: 0, dropped: 0 }
    const before = { stream: 'p', position: 0, counts: nothing }
    const unknown = { stream: 'unknown', position: 0, counts: nothing }
    expect(await ingest.progress(['p', 'unknown'])).toEqual([before, unknown])
    const counts = { received: 1, stored: 1, duplicate: 0, failed: 0, dropped: 0 }
    await ingest.closeBatch({ stream: 'p', batch, to: 3, counts })
    expect(await ingest.progress(['unknown', 'p'])).toEqual([unknown, { stream: 'p', position: 3, counts }])
  })
})
