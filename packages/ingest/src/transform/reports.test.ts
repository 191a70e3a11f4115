import type { FailedEvent } from '@tenon/analytics'
import type { Transformation } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Ingest } from '../ingest.ts'
import { createWorld, type World } from '../world.fixture.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.halt())
afterAll(() => world.close())

/** An event reports the order that it names. */
const orders: Transformation = {
  label: { en: 'Orders' },
  transform: async ({ events }) =>
    events.map(({ properties: { order } }) => (typeof order === 'string' ? { kind: 'kept', reports: `order ${order}` } : { kind: 'kept' })),
}
const start = (options: object = {}) => world.start({ transformations: new Map([['orders', orders]]), ...options })

let made = 0
const report = (order: string, { messageId = `report-${++made}`, userId = 'buyer', context = {} } = {}) => ({
  ...{ type: 'track', event: 'Order Completed', messageId, userId, properties: { order }, context },
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

const countsSince = async (before: Awaited<ReturnType<typeof counters>>) => {
  const now = await counters()
  return { stored: now.stored - before.stored, duplicate: now.duplicate - before.duplicate, dropped: now.dropped - before.dropped }
}
const counters = () => world.store.ingest.counters()

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
    expect(
      (await world.send(ingest, '/v1/batch', { batch: [report('ours', { userId: 'neighbour' })] }, { workspace: 'other' })).status,
    ).toBe(200)
    await ingest.idle()
    expect(await storedOf('neighbour')).toHaveLength(1)
    expect(await storedOf('neighbour', 'other')).toHaveLength(1)
  })

  it('none is forgotten, however late the next one comes', async () => {
    const ingest = await start()
    await send(ingest, report('old', { userId: 'late' }))
    await ingest.idle()
    world.now = new Date(world.now.getTime() + 100 * 86_400_000)
    expect(await world.store.ingest.forget()).toBeGreaterThan(0)
    await send(ingest, report('old', { userId: 'late' }))
    await ingest.idle()
    expect(await storedOf('late')).toHaveLength(1)
  })

  it('one that says no is heard, though it is not kept', async () => {
    const ingest = await start()
    await send(ingest, report('heard', { userId: 'refuses' }))
    await send(ingest, report('heard', { userId: 'refuses', context: { consent: { collect: false } } }))
    await ingest.idle()
    const profile = (await world.store.in('shop').profiles.find({ type: 'user_id', value: 'refuses' })) ?? -1
    expect((await world.store.in('shop').consents.of([profile])).get(profile)).toMatchObject([{ purpose: 'collect', state: 'denied' }])
  })
})

describe('over a crash', () => {
  it.each(['openBatch', 'judgeBatch', 'insertRows', 'insertFailed', 'closeBatch'])(
    'after %s the same one counts, also where the transformation has changed its mind since',
    async (step) => {
      const first = await start()
      let struck = false
      world.sabotage = (operation) => {
        if (operation !== step) return undefined
        struck = true
        return 'after'
      }
      const user = `crash-${step}`
      const before = await counters()
      const batch = [report(user, { userId: user }), report(user, { userId: user }), report(`${user}-2`, { userId: user })] as const
      await send(first, ...batch, batch[1])
      while (!struck) await new Promise((resolve) => void setImmediate(resolve))
      await first.stop({ drainMs: 0 })
      world.sabotage = () => undefined
      const second = await world.start({})
      await second.idle()
      expect(await storedOf(user)).toEqual([batch[0].messageId, batch[2].messageId].sort())
      expect(await countsSince(before)).toEqual({ stored: 2, duplicate: 1, dropped: 1 })
      conserved(second)
    },
  )
})

describe('whoever reports what', () => {
  it('stores each order once, and says where every event is', async () => {
    const ingest = await start({ limits: { batchEvents: 5 } })
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', 'b', 'c', undefined), { minLength: 1, maxLength: 15 }), async (names) => {
        const user = `round-${++round}`
        const before = await counters()
        const batch = names.map((name) => ({
          ...report(`${user}-${name}`, { userId: user }),
          ...(name === undefined ? { properties: {} } : {}),
        }))
        await send(ingest, ...batch)
        await ingest.idle()
        const firsts = batch.filter((_, index) => names[index] === undefined || names.indexOf(names[index]) === index)
        expect(await storedOf(user)).toEqual(firsts.map(({ messageId }) => messageId).sort())
        expect(await countsSince(before)).toEqual({ stored: firsts.length, duplicate: 0, dropped: names.length - firsts.length })
        conserved(ingest)
      }),
      { numRuns: 15 },
    )
  })
})
