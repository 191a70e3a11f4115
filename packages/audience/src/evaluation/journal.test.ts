import type { Analytics } from '@tenon/analytics'
import { describe, expect, it } from 'vitest'
import { world } from '../audience.fixture.ts'
import { createExclusive } from './exclusive.ts'
import { beginTurn } from './journal.ts'

const test = world()
const { signal } = new AbortController()
const begin = (workspace: string, analytics: Analytics = test.analytics) =>
  beginTurn({ store: test.store, analytics, workspace, clock: test.clock, logger: test.logger, signal })
const vip = (entered: readonly number[], left: readonly number[] = []) => [{ segment: 'vip', entered, left }]

/** Analytics whose recording first waits for the test. */
function held(analytics: Analytics) {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const slow: Analytics = {
    ...analytics,
    in(workspace) {
      const reads = analytics.in(workspace)
      const record: typeof reads.transitions.record = async (...request) => {
        begin()
        await released
        await reads.transitions.record(...request)
      }
      return { ...reads, transitions: { ...reads.transitions, record } }
    },
  }
  return { slow, begun, release }
}

describe('a turn', () => {
  it('is at a later instant than those before it, whatever the clock says', async () => {
    const workspace = await test.workspace()
    const first = await begin(workspace)
    await first.record(vip([1]))
    test.clock.advance(-5_000)
    const second = await begin(workspace)
    expect(second.asOf.getTime()).toBe(first.asOf.getTime() + 1)
    await second.record(vip([], [1]))
    expect(await test.members(workspace, 'vip')).toEqual([])
    expect(await test.feed(workspace)).toEqual(['+vip 1', '-vip 1'])
    test.clock.advance(5_000)
  })

  it('that was taken over records nothing more', async () => {
    const workspace = await test.workspace()
    const paused = await begin(workspace)
    const next = await begin(workspace)
    await next.record(vip([1]))
    await expect(paused.record(vip([1]))).rejects.toMatchObject({ code: 'TENON_AUDIENCE_TURN_LOST' })
    expect(await test.feed(workspace)).toEqual(['+vip 1'])
  })

  it('is finished by the next one where it broke off, and its late insert changes nothing', async () => {
    const workspace = await test.workspace()
    const { slow, begun, release } = held(test.analytics)
    const paused = await begin(workspace, slow)
    const late = paused.record([...vip([1, 2]), { segment: 'new', entered: [2], left: [] }])
    await begun
    const next = await begin(workspace)
    expect(next.recovered.map(({ segment, entered }) => [segment, entered])).toEqual([
      ['vip', [1, 2]],
      ['new', [2]],
    ])
    await next.record(vip([], [2]))
    release()
    await expect(late).rejects.toMatchObject({ code: 'TENON_AUDIENCE_TURN_LOST' })
    expect(await test.feed(workspace)).toEqual(['+vip 1', '+vip 2', '+new 2', '-vip 2'])
    expect((await begin(workspace)).recovered).toEqual([])
  })

  it('refuses a journal that somebody else wrote', async () => {
    const workspace = await test.workspace()
    await test.store.in(workspace).kv.set('audience.turn', { epoch: 7 })
    await expect(begin(workspace)).rejects.toMatchObject({ code: 'TENON_AUDIENCE_JOURNAL_INVALID' })
  })
})

describe('exclusive work', () => {
  it('is done by one at a time, across processes, in the order of asking within one', async () => {
    const processes = [createExclusive(test.store.jobs), createExclusive(test.store.jobs)]
    const order: number[] = []
    let inside = 0
    const work = (number: number) => async () => {
      inside++
      expect(inside).toBe(1)
      await test.store.workspaces.list()
      order.push(number)
      inside--
    }
    await Promise.all([0, 1, 2, 3, 4, 5].map((number) => processes[number % 2]?.take('same', work(number), signal)))
    expect(order.filter((number) => number % 2 === 0)).toEqual([0, 2, 4])
    expect(order.filter((number) => number % 2 === 1)).toEqual([1, 3, 5])
  })

  it('goes on after one that failed, and leaves who no longer wants it', async () => {
    const exclusive = createExclusive(test.store.jobs)
    const leaving = new AbortController()
    const { promise, resolve } = Promise.withResolvers<void>()
    const first = exclusive.take('other', () => promise, signal)
    const failing = exclusive.take('other', () => Promise.reject(new Error('no')), signal)
    const left = exclusive.take('other', () => Promise.resolve('never'), leaving.signal)
    const last = exclusive.take('other', () => Promise.resolve('done'), signal)
    leaving.abort(new Error('gone'))
    resolve()
    await first
    await expect(failing).rejects.toThrow('no')
    await expect(left).rejects.toThrow('gone')
    expect(await last).toBe('done')
    await exclusive.idle()
  })
})
