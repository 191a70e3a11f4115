import type { Analytics } from '@tenon/analytics'
import { type Meter, noMeter } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { describe, expect, it } from 'vitest'
import { defineRule, ordersAtLeast, putRule, until, world } from './audience.fixture.ts'
import { MOST_TOUCHED } from './news.ts'

const test = world()

/** Analytics with a switch: while it is off, nothing answers. */
function switched(analytics: Analytics, isOff: () => boolean): Analytics {
  const through = <T extends object>(reads: T): T =>
    new Proxy(reads, {
      get(target, key, receiver) {
        const value: unknown = Reflect.get(target, key, receiver)
        if (typeof value === 'object' && value !== null) return through({ ...value })
        if (typeof value !== 'function') return value
        return (...request: unknown[]) => {
          if (isOff()) throw Object.assign(new Error('no answer'), { code: 'TENON_ANALYTICS_UNREACHABLE' })
          return Reflect.apply(value, target, request)
        }
      },
    })
  return { ...analytics, in: (workspace) => through({ ...analytics.in(workspace) }) }
}

describe('the reaction to new events', () => {
  it('evaluates whom they touch, told before the start or after it', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0, bob = 0] = await test.people(workspace, 2)
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    station.stored(await test.event(workspace, ann))
    expect(station.health().behind).toBe(true)
    const before = station.idle()
    station.start()
    await before
    expect(await test.members(workspace, 'buyers')).toEqual([ann])
    station.stored(await test.event(workspace, bob), new Map([[workspace, [bob]]]))
    await station.idle()
    expect(await test.members(workspace, 'buyers')).toEqual([ann, bob])
    expect(station.health()).toMatchObject({ failures: 0, behind: false })
    await station.stop()
    station.stored(1)
    await expect(station.idle()).rejects.toMatchObject({ code: 'TENON_AUDIENCE_STOPPED' })
  })

  it('finds what was stored while nobody listened, also below its cursor', async () => {
    const workspace = await test.workspace()
    const [ann = 0, bob = 0, cid = 0, dan = 0] = await test.people(workspace, 4)
    const first = test.station()
    await defineRule(first, workspace, 'buyers', ordersAtLeast(1))
    first.start()
    const batch = 1_000_000
    await test.event(workspace, ann, { batch })
    first.stored(batch, new Map([[workspace, [ann]]]))
    await first.idle()
    // Another process opened its batch earlier and stored it later; this one is told, and after a crash nobody is.
    await test.event(workspace, bob, { batch: batch - 1 })
    first.stored(batch - 1, new Map([[workspace, [bob]]]))
    await first.idle()
    expect(await test.members(workspace, 'buyers')).toEqual([ann, bob])
    await first.stop()
    await test.event(workspace, cid, { batch: batch - 2 })
    const second = test.station()
    second.start()
    await second.idle()
    expect(await test.members(workspace, 'buyers')).toEqual([ann, bob, cid])
    await test.event(workspace, dan, { batch: batch - 3 })
    second.catchUp()
    await second.idle()
    expect(await test.members(workspace, 'buyers')).toEqual([ann, bob, cid, dan])
    await second.stop()
  })

  it('asks the engine whom batches touch only where it was not told, or of more people than it remembers', async () => {
    const asked: unknown[] = []
    const counting: Analytics = {
      ...test.analytics,
      in(name) {
        const reads = test.analytics.in(name)
        return {
          ...reads,
          touched(request) {
            asked.push({ afterBatch: request.afterBatch, upToBatch: request.upToBatch })
            return reads.touched(request)
          },
        }
      },
    }
    const [station, workspace] = [test.station({ analytics: counting }), await test.workspace()]
    const [ann = 0, bob = 0] = await test.people(workspace, 2)
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    station.start()
    await station.idle()
    asked.length = 0
    station.stored(await test.event(workspace, ann), new Map([[workspace, [ann]]]))
    await station.idle()
    expect(asked).toEqual([])
    const batch = await test.event(workspace, bob)
    const crowd = Array.from({ length: MOST_TOUCHED + 1 }, (_, index) => 1_000_000 + index)
    station.stored(batch, new Map([[workspace, crowd]]))
    await station.idle()
    expect(asked).toEqual([{ afterBatch: batch - 1, upToBatch: batch }])
    expect(await test.members(workspace, 'buyers')).toEqual([ann, bob])

    // Between two that it was told of another process stored one, and is gone.
    asked.length = 0
    const [cid = 0, dan = 0, eve = 0] = await test.people(workspace, 3)
    const batches = [cid, dan, eve].map((_, index) => 2_000_000 + index)
    for (const [index, who] of [cid, dan, eve].entries()) await test.event(workspace, who, { batch: batches[index] ?? 0 })
    station.stored(2_000_000, new Map([[workspace, [cid]]]))
    station.stored(2_000_002, new Map([[workspace, [eve]]]))
    await station.idle()
    expect(await test.members(workspace, 'buyers')).toEqual([ann, bob, cid, dan, eve])
    await station.stop()
  })

  it('gives way to storing that is behind; a definition that was just put does not', async () => {
    const rested: number[] = []
    const count: Meter['count'] = ({ name }, _labels, by = 1) => {
      if (name === 'tenon_audience_rest_seconds_total') rested.push(by)
    }
    const [station, workspace] = [test.station({ meter: { ...noMeter, count } }), await test.workspace()]
    const [ann = 0] = await test.people(workspace, 1)
    station.start()
    await station.idle()
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    expect(rested).toEqual([])
    const aMinuteAgo = new Date(test.clock.now().getTime() - 60_000)
    station.stored(await test.event(workspace, ann), new Map([[workspace, [ann]]]), aMinuteAgo)
    await station.idle()
    expect(await test.members(workspace, 'buyers')).toEqual([ann])
    expect(rested).toHaveLength(1)
    await putRule(station, workspace, 'patrons', ordersAtLeast(2))
    expect(rested).toHaveLength(1)
    await station.stop()
  })

  it('survives an engine that is away', async () => {
    let isOff = false
    const station = test.station({ analytics: switched(test.analytics, () => isOff) })
    const workspace = await test.workspace()
    const [ann = 0] = await test.people(workspace, 1)
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    station.start()
    await station.idle()
    isOff = true
    station.stored(await test.event(workspace, ann), new Map([[workspace, [ann]]]))
    await until(() => station.health().failures > 0)
    expect(station.health()).toMatchObject({ behind: true, lastError: 'no answer', troubles: [] })
    isOff = false
    await station.idle()
    expect(await test.members(workspace, 'buyers')).toEqual([ann])
    await station.stop()
  })

  it('does not lose what is new in one workspace to the trouble of another', async () => {
    const [healthy, ill] = [await test.workspace(), await test.workspace()]
    const [ann = 0] = await test.people(healthy, 1)
    let isIll = true
    const store: Store = {
      ...test.store,
      in(workspace) {
        if (workspace === ill && isIll) throw new Error('this one is ill')
        return test.store.in(workspace)
      },
    }
    const station = test.station({ store })
    await putRule(station, healthy, 'buyers', ordersAtLeast(1))
    station.start()
    station.stored(await test.event(healthy, ann))
    await until(async () => (await test.members(healthy, 'buyers')).length === 1)
    isIll = false
    await station.idle()
    await station.stop()
  })

  it('hears of other changes than events', async () => {
    const [station, workspace] = [test.station(), await test.workspace()]
    const [ann = 0] = await test.people(workspace, 1)
    await test.event(workspace, ann)
    await putRule(station, workspace, 'buyers', ordersAtLeast(1))
    station.start()
    await station.idle()
    await test.say(workspace, ann, 'profile', 'withdrawn')
    station.changed(workspace, [ann])
    await station.idle()
    expect(await test.members(workspace, 'buyers')).toEqual([])
    await station.stop()
  })
})

describe('the schedule', () => {
  it('evaluates everybody again, since windows slide without events', async () => {
    const workspace = await test.workspace()
    const station = test.station({ everyMs: 20 })
    const [ann = 0] = await test.people(workspace, 1)
    await test.event(workspace, ann)
    await putRule(station, workspace, 'recent', ordersAtLeast(1, '1d'))
    expect(await test.members(workspace, 'recent')).toEqual([ann])
    test.clock.advance(2 * 86_400_000)
    station.start()
    await until(async () => (await test.members(workspace, 'recent')).length === 0)
    await station.stop()
  })
})

describe('stopping', () => {
  it('ends what is being evaluated and waits for it; what comes later is refused', async () => {
    let isHeld = true
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const slow: Analytics = {
      ...test.analytics,
      in(name) {
        const reads = test.analytics.in(name)
        const evaluateRules: typeof reads.evaluateRules = async (request) => {
          if (isHeld) {
            begin()
            await new Promise((_, reject) => request.signal?.addEventListener('abort', () => reject(request.signal?.reason)))
          }
          return reads.evaluateRules(request)
        }
        return { ...reads, evaluateRules }
      },
    }
    const workspace = await test.workspace()
    const [ann = 0] = await test.people(workspace, 1)
    await defineRule(test.station(), workspace, 'buyers', ordersAtLeast(1))
    const station = test.station({ analytics: slow })
    await test.event(workspace, ann)
    const working = station.evaluate({ workspace })
    const waiting = station.evaluate({ workspace })
    await begun
    await Promise.all([
      expect(working).rejects.toMatchObject({ code: 'TENON_AUDIENCE_STOPPED' }),
      expect(waiting).rejects.toMatchObject({ code: 'TENON_AUDIENCE_STOPPED' }),
      station.stop(),
    ])
    await expect(station.evaluate({ workspace })).rejects.toMatchObject({ code: 'TENON_AUDIENCE_STOPPED' })
    isHeld = false
    // The lease was given back: nobody waits for it.
    await test.station().evaluate({ workspace })
    expect(await test.members(workspace, 'buyers')).toEqual([ann])
  })
})
