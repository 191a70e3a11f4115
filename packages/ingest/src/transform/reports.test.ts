import type { FailedEvent } from '@tenon/analytics'
import type { Transformation } from '@tenon/kernel/contracts'
import { createTrackingPlans } from '@tenon/plans'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createFailedEvents } from '../failed/failed-events.ts'
import type { Ingest } from '../ingest.ts'
import { type LogPlace, localKind } from '../log/log-places.fixture.ts'
import { createWorld, quiet, type World } from '../world.fixture.ts'

let world: World
let place: LogPlace
beforeAll(async () => {
  ;[world, place] = await Promise.all([createWorld(), localKind.place()])
})
afterEach(() => world.halt())
afterAll(async () => {
  await world.close()
  await place.close()
})
const clock = { now: () => new Date(world.now) }

const reporting = (property: string): Transformation => ({
  label: { en: 'Reports' },
  transform: async ({ events }) =>
    events.map(({ properties }) => {
      if (properties.broken === true) return { kind: 'failed', code: 'BROKEN', message: 'it is broken' }
      const what = properties[property]
      return typeof what === 'string' ? { kind: 'kept', reports: `${property} ${what}` } : { kind: 'kept' }
    }),
})
const orders = new Map([['orders', reporting('order')]])
const start = (options: object = {}) => world.start({ transformations: orders, ...options })

let made = 0
const report = (order: string, { userId = 'buyer', context = {}, properties = {} } = {}) => ({
  ...{ type: 'track', event: 'Order Completed', messageId: `report-${++made}`, userId },
  ...{ properties: { order, ...properties }, context },
})

async function send(ingest: Ingest, ...batch: readonly object[]): Promise<void> {
  expect((await world.send(ingest, '/v1/batch', { batch })).status).toBe(200)
}

async function storedOf(userId: string, workspace = 'shop'): Promise<readonly string[]> {
  const profile = await world.store.in(workspace).profiles.find({ type: 'user_id', value: userId })
  if (profile === undefined) return []
  return (await world.analytics.in(workspace).events({ profile, limit: 1_000 })).rows.map(({ messageId }) => messageId).sort()
}

async function listed(...ids: readonly string[]): Promise<readonly FailedEvent[]> {
  const { rows } = await world.analytics.in('shop').failedEvents({ limit: 1_000 })
  return rows.filter(({ messageId }) => messageId !== undefined && ids.includes(messageId))
}

const counters = () => world.store.ingest.counters()
const countsSince = async (before: Awaited<ReturnType<typeof counters>>) => {
  const now = await counters()
  return { stored: now.stored - before.stored, duplicate: now.duplicate - before.duplicate, dropped: now.dropped - before.dropped }
}

function conserved(ingest: Ingest): void {
  const { received, stored, duplicate, failed, dropped, inLog } = ingest.stats()
  expect(received).toBe(stored + duplicate + failed + dropped + inLog)
}

describe('of events that report the same', () => {
  it('the first is stored and the others are listed, in one batch and in later ones', async () => {
    const ingest = await start()
    const before = await counters()
    const [first, second, third, other] = [report('o-1'), report('o-1'), report('o-1'), report('o-2')]
    await send(ingest, first, second, other)
    await ingest.idle()
    await send(ingest, third)
    await ingest.idle()
    expect(await storedOf('buyer')).toEqual([first.messageId, other.messageId].sort())
    const dropped = await listed(second.messageId, third.messageId)
    expect(dropped).toHaveLength(2)
    for (const one of dropped)
      expect(one).toMatchObject({
        ...{ state: 'dropped', stage: 'dedup', code: 'REPEATED', event: 'Order Completed', payload: '' },
        reason: 'orders: another event has reported the same',
      })
    expect(await countsSince(before)).toEqual({ stored: 2, duplicate: 0, dropped: 2 })
    conserved(ingest)
  })

  it('one that its sender sends again is a duplicate, and stays what it was', async () => {
    const ingest = await start()
    const [first, second] = [report('again'), report('again')]
    await send(ingest, first, second)
    await ingest.idle()
    const before = await counters()
    await send(ingest, second, first)
    await ingest.idle()
    expect(await countsSince(before)).toEqual({ stored: 0, duplicate: 2, dropped: 0 })
  })

  it('those of another workspace are others', async () => {
    const ingest = await start()
    await send(ingest, report('ours', { userId: 'neighbour' }))
    const theirs = { batch: [report('ours', { userId: 'neighbour' })] }
    expect((await world.send(ingest, '/v1/batch', theirs, { workspace: 'other' })).status).toBe(200)
    await ingest.idle()
    expect(await storedOf('neighbour')).toHaveLength(1)
    expect(await storedOf('neighbour', 'other')).toHaveLength(1)
  })

  it('one is told apart from a message of that name', async () => {
    const ingest = await start()
    await send(ingest, { ...report('none'), messageId: 'order named' }, report('named', { userId: 'named' }))
    await ingest.idle()
    expect(await storedOf('named')).toHaveLength(1)
  })

  it('none is forgotten, however late the next one comes', async () => {
    const ingest = await start()
    await send(ingest, report('old', { userId: 'late' }))
    await ingest.idle()
    world.now = new Date(world.now.getTime() + 100 * 86_400_000)
    expect(await world.store.ingest.forget({ olderThanDays: 7 })).toBeGreaterThan(0)
    await send(ingest, report('old', { userId: 'late' }))
    await ingest.idle()
    expect(await storedOf('late')).toHaveLength(1)
  })

  it('those that are not stored still say whose they are, and what people agree to', async () => {
    const ingest = await start()
    await send(ingest, report('heard', { userId: 'heard' }))
    await send(ingest, { ...report('heard', { userId: 'heard', context: { consent: { collect: true } } }), anonymousId: 'heard-here' })
    await ingest.idle()
    const { profiles, consents } = world.store.in('shop')
    const profile = (await profiles.find({ type: 'user_id', value: 'heard' })) ?? -1
    expect(await profiles.find({ type: 'anonymous_id', value: 'heard-here' })).toBe(profile)
    expect((await consents.of([profile])).get(profile)).toMatchObject([{ purpose: 'collect', state: 'granted' }])
  })
})

describe('an event that is not kept takes its order from nobody', () => {
  it('where the person does not want it kept', async () => {
    const ingest = await start()
    const [refused, lawful] = [
      report('refused', { userId: 'refuses', context: { consent: { collect: false } } }),
      report('refused', { userId: 'agrees' }),
    ]
    await send(ingest, refused, lawful)
    await ingest.idle()
    expect(await storedOf('refuses')).toEqual([])
    expect(await storedOf('agrees')).toEqual([lawful.messageId])
  })

  it('where its plan holds it back; repaired and replayed it reports like any other', async () => {
    const plans = createTrackingPlans({ store: world.store, clock })
    const events = [{ name: 'Planned Order', properties: { type: 'object', properties: { total: { type: 'number' } } } }]
    await plans.put('shop', { key: 'web', label: { en: 'Web' }, definition: { mode: 'quarantine', events } })
    const ingest = await start({ plans })
    const failed = createFailedEvents({ store: world.store, analytics: world.analytics, ingest, clock, logger: quiet })
    const planned = (order: string, total: unknown) => ({
      ...report(order, { userId: 'planned', properties: { total } }),
      event: 'Planned Order',
    })
    const [held, good, alone] = [planned('planned', 'free'), planned('planned', 1), planned('alone', 'free')]
    await send(ingest, held, good, alone)
    await ingest.idle()
    expect(await storedOf('planned')).toEqual([good.messageId])

    await plans.put('shop', { key: 'web', label: { en: 'Web' }, definition: { mode: 'allow', events } })
    world.now = new Date(world.now.getTime() + 2_000)
    const waiting = await listed(held.messageId, alone.messageId)
    expect(waiting).toHaveLength(2)
    for (const { id } of waiting) await failed.replay({ workspace: 'shop', id })
    await ingest.idle()
    expect(await storedOf('planned')).toEqual([good.messageId, alone.messageId].sort())
    const { rows } = await world.analytics.in('shop').failedEvents({ limit: 1_000 })
    const became = waiting.map(({ id }) => rows.find((row) => row.id === id)).map((row) => `${row?.state} ${row?.code}`)
    expect(became.toSorted()).toEqual(['dropped REPEATED', 'replayed PLAN_VIOLATION'])
    const before = await counters()
    await send(ingest, planned('alone', 1))
    await ingest.idle()
    expect(await countsSince(before)).toEqual({ stored: 0, duplicate: 0, dropped: 1 })
    conserved(ingest)
  })

  it('where a transformation fails on it', async () => {
    const ingest = await start()
    const [broken, good] = [report('broken', { userId: 'broken', properties: { broken: true } }), report('broken', { userId: 'broken' })]
    await send(ingest, broken, good)
    await ingest.idle()
    expect(await storedOf('broken')).toEqual([good.messageId])
  })
})

describe('where several transformations report', () => {
  const both = (second: Transformation) => ({ transformations: new Map([...orders, ['second', second]]) })

  it('they may say the same', async () => {
    const ingest = await world.start(both(reporting('order')))
    const [first, second] = [report('same', { userId: 'same' }), report('same', { userId: 'same' })]
    await send(ingest, first, second)
    await ingest.idle()
    expect(await storedOf('same')).toEqual([first.messageId])
  })

  it('an event of which they say different things fails, and claims neither', async () => {
    const ingest = await world.start(both(reporting('payment')))
    const torn = report('torn', { userId: 'torn', properties: { payment: 'p-1' } })
    const [order, payment] = [report('torn', { userId: 'torn' }), { ...report('x', { userId: 'torn' }), properties: { payment: 'p-1' } }]
    await send(ingest, torn, order, payment)
    await ingest.idle()
    expect(await storedOf('torn')).toEqual([order.messageId, payment.messageId].sort())
    expect(await listed(torn.messageId)).toMatchObject([
      { state: 'open', code: 'TRANSFORMATION_INVALID', reason: "second: it reports another occurrence than 'orders'" },
    ])
  })
})

describe('over a crash', () => {
  /** Three events, of which two report the same and one is sent twice. */
  async function crashAfter(step: string, then: object) {
    const user = `crash-${step}-${made}`
    const first = await start()
    let struck = false
    world.sabotage = (operation) => {
      if (operation !== step) return undefined
      struck = true
      return 'after'
    }
    const before = await counters()
    const batch = [report(user, { userId: user }), report(user, { userId: user }), report(`${user}-2`, { userId: user })] as const
    await send(first, ...batch, batch[1])
    while (!struck) await new Promise((resolve) => void setImmediate(resolve))
    await first.stop({ drainMs: 0 })
    world.sabotage = () => undefined
    const second = await world.start(then)
    await second.idle()
    expect(await storedOf(user)).toEqual([batch[0].messageId, batch[2].messageId].sort())
    expect(await countsSince(before)).toEqual({ stored: 2, duplicate: 1, dropped: 1 })
    conserved(second)
  }

  it.each(['openBatch', 'judgeBatch', 'insertRows', 'insertFailed', 'closeBatch'])('after %s the same one counts', (step) =>
    crashAfter(step, { transformations: orders }),
  )

  it.each(['judgeBatch', 'insertRows', 'insertFailed', 'closeBatch'])(
    'after %s it counts also where the transformation has changed its mind since',
    (step) => crashAfter(step, {}),
  )

  it('what was judged without a report is stored, though one is seen in it now', async () => {
    const user = 'seen-late'
    const known = await start()
    await send(known, report(user, { userId: user }))
    await known.idle()
    await known.stop()
    const first = await world.start({})
    let struck = false
    world.sabotage = (operation) => {
      if (operation !== 'insertRows') return undefined
      struck = true
      return 'after'
    }
    await send(first, report(user, { userId: user }))
    while (!struck) await new Promise((resolve) => void setImmediate(resolve))
    await first.stop({ drainMs: 0 })
    world.sabotage = () => undefined
    const second = await start()
    await second.idle()
    expect(await storedOf(user)).toHaveLength(2)
    conserved(second)
  })
})

describe('whoever reports what', () => {
  it('two servers store each order once, and say where every event is', async () => {
    const logs = [place.make()(), place.make()()]
    const servers = await Promise.all(logs.map((log) => start({ log, limits: { batchEvents: 4 } })))
    let round = 0
    const told = fc.record({ order: fc.constantFrom('a', 'b', 'c', undefined), by: fc.constantFrom(0, 1) })
    await fc.assert(
      fc.asyncProperty(fc.array(told, { minLength: 1, maxLength: 16 }), async (reports) => {
        const user = `round-${++round}`
        const before = await counters()
        const sent = reports.map(({ order, by }) => ({
          by,
          order,
          event: { ...report(`${user}-${order}`, { userId: user }), ...(order === undefined ? { properties: {} } : {}) },
        }))
        await Promise.all(sent.map(({ by, event }) => send(servers[by] as Ingest, event)))
        await Promise.all(servers.map((server) => server.idle()))
        const kept = await storedOf(user)
        const orderOf = new Map(sent.map(({ order, event }) => [event.messageId, order]))
        const named = kept.flatMap((id) => orderOf.get(id) ?? [])
        expect(named.toSorted()).toEqual([...new Set(sent.flatMap(({ order }) => order ?? []))].sort())
        expect(kept.length - named.length).toBe(sent.filter(({ order }) => order === undefined).length)
        expect(await countsSince(before)).toEqual({ stored: kept.length, duplicate: 0, dropped: sent.length - kept.length })
      }),
      { numRuns: 20 },
    )
    for (const log of servers) await log.stop()
  })
})
