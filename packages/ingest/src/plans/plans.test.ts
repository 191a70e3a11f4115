import type { Properties } from '@tenon/kernel/contracts'
import { createTrackingPlans } from '@tenon/plans'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createFailedEvents } from '../failed/failed-events.ts'
import type { Ingest } from '../ingest.ts'
import { createWorld, quiet, type World } from '../world.fixture.ts'

const workspace = 'shop'
let world: World
let ingest: Ingest
const clock = { now: () => new Date(world.now) }

beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

const later = (ms: number) => {
  world.now = new Date(world.now.getTime() + ms)
}
const send = (messageId: string, properties: object) =>
  world.send(ingest, '/v1/track', { event: 'Order', messageId, userId: 'planned', properties, context: { protocols: { own: 1 } } })
const stored = async () => {
  const profile = await world.store.in(workspace).profiles.find({ type: 'user_id', value: 'planned' })
  return profile === undefined ? [] : (await world.analytics.in(workspace).events({ profile, limit: 100 })).rows
}

it('a plan flags, holds back and lets go, without a restart; what it held back is replayed once the plan is right', async () => {
  const plans = createTrackingPlans({ store: world.store, clock })
  ingest = await world.start({ plans })
  const failed = createFailedEvents({ store: world.store, analytics: world.analytics, ingest, clock, logger: quiet })
  const put = (mode: string, total: Properties) =>
    plans.put(workspace, {
      key: 'web',
      label: { en: 'Web' },
      definition: { mode, events: [{ name: 'Order', properties: { type: 'object', properties: { total } } }] },
    })
  await send('p-0', { total: 'free' })
  await ingest.idle()
  expect(await put('flag', { type: 'number' })).toMatchObject({ ok: true })
  later(2_000)
  await send('p-1', { total: 'a' })
  await send('p-2', { total: 1 })
  await ingest.idle()
  const contexts = new Map((await stored()).map(({ messageId, context }) => [messageId, context.protocols]))
  expect(contexts.get('p-0')).toEqual({ own: 1 })
  expect(contexts.get('p-1')).toMatchObject({ own: 1, tracking_plan: 'web', violations: [{ type: 'type', field: 'properties.total' }] })
  expect(contexts.get('p-2')).toEqual({ own: 1 })

  await put('quarantine', { type: 'number' })
  later(2_000)
  await send('p-3', { total: 'a' })
  await ingest.idle()
  const [held] = (await world.analytics.in(workspace).failedEvents({ limit: 9, stage: 'plan' })).rows
  expect(held).toMatchObject({ code: 'PLAN_VIOLATION', event: 'Order', messageId: 'p-3', reason: 'web@2: properties.total must be number' })
  await failed.replay({ workspace, id: held?.id ?? '' })
  await ingest.idle()
  expect((await world.analytics.in(workspace).failedEvents({ limit: 9, stage: 'plan' })).rows).toMatchObject([
    { attempt: 1, state: 'open' },
  ])
  await put('quarantine', { type: ['number', 'string'] })
  later(2_000)
  await failed.replay({ workspace, id: held?.id ?? '' })
  await ingest.idle()
  expect((await stored()).map(({ messageId }) => messageId)).toContain('p-3')
  const { received, stored: kept, duplicate, failed: open, dropped, inLog } = ingest.stats()
  expect([received, open, dropped]).toEqual([kept + duplicate + inLog, 0, 0])
})

it('what a plan finds is counted once, whatever crashes, and as it was found then', async () => {
  await world.halt()
  const plans = () => createTrackingPlans({ store: world.store, clock })
  const put = (mode: string) =>
    plans().put('other', {
      key: 'web',
      label: { en: 'Web' },
      definition: { mode, events: [{ name: 'Order', properties: { type: 'object', required: ['total', mode] } }] },
    })
  const order = (messageId: string) =>
    world.send(ingest, '/v1/track', { event: 'Order', messageId, userId: 'crashing', properties: {} }, { workspace: 'other' })
  const window = { plan: 'web', from: new Date('2026-02-01T00:00:00Z'), until: new Date('2026-04-01T00:00:00Z') }
  const found = async () => {
    const { rows } = await world.analytics.in('other').breaches({ ...window, limit: 9 })
    return rows.map(({ planVersion, path, stored, open }) => `${planVersion} ${path} ${stored} ${open}`).toSorted()
  }
  await put('flag')
  ingest = await world.start({ plans: plans() })
  let failures = 3
  world.sabotage = (operation) => (operation === 'closeBatch' && failures-- > 0 ? 'before' : undefined)
  await order('c-1')
  await ingest.idle()
  expect(await found()).toEqual(['1 properties.flag 1 0', '1 properties.total 1 0'])

  await put('quarantine')
  later(2_000)
  let tries = 0
  world.sabotage = (operation) => (operation === 'insertFailed' && ++tries > 0 ? 'before' : undefined)
  await order('c-2')
  await expect.poll(() => tries, { timeout: 10_000 }).toBeGreaterThan(0)
  await world.halt()
  await put('flag')
  later(2_000)
  ingest = await world.start({ plans: plans() })
  await ingest.idle()
  await order('c-2')
  await ingest.idle()
  expect(await found()).toEqual([
    '1 properties.flag 1 0',
    '1 properties.total 1 0',
    '2 properties.quarantine 0 1',
    '2 properties.total 0 1',
  ])
})

it('what a plan allows is stored as it came, and the report tells of it', async () => {
  await world.halt()
  const plans = createTrackingPlans({ store: world.store, clock })
  const put = await plans.put('other', {
    ...{ key: 'web', label: { en: 'Web' } },
    definition: { mode: 'allow', events: [{ name: 'Order', properties: { type: 'object', required: ['total'] } }] },
  })
  const version = put.ok ? put.definition.version : 0
  ingest = await world.start({ plans })
  const event = { event: 'Order', messageId: 'allowed', userId: 'allowed', properties: {}, context: { protocols: { own: 1 } } }
  await world.send(ingest, '/v1/track', event, { workspace: 'other' })
  await ingest.idle()
  const profile = (await world.store.in('other').profiles.find({ type: 'user_id', value: 'allowed' })) ?? 0
  const read = world.analytics.in('other')
  expect((await read.events({ profile, limit: 9 })).rows.map(({ messageId, context }) => [messageId, context.protocols])).toEqual([
    ['allowed', { own: 1 }],
  ])
  const day = { from: new Date('2026-02-01T00:00:00Z'), until: new Date('2026-04-01T00:00:00Z') }
  const { rows } = await read.breaches({ plan: 'web', ...day, limit: 9 })
  expect(rows.filter(({ planVersion }) => planVersion === version)).toMatchObject([{ path: 'properties.total', stored: 1, open: 0 }])
  expect((await read.failedEvents({ limit: 9, text: 'allowed' })).rows).toEqual([])
})
