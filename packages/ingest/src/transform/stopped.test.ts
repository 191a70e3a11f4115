import type { FailedEvent } from '@tenon/analytics'
import type { ConsentPolicy, Transformation } from '@tenon/kernel/contracts'
import { createGate } from '@tenon/privacy'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Ingest } from '../ingest.ts'
import { createWorld, type Operation, policy, type World } from '../world.fixture.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.halt())
afterAll(() => world.close())

/** Renames everybody in front of what may stop an event. */
const renames: Transformation = {
  label: { en: 'Renames' },
  transform: async ({ events }) =>
    events.map(({ identifiers }) => ({
      kind: 'changed',
      parts: { identifiers: identifiers.map(({ type, value }) => ({ type, value: value.replace('raw-', '') })) },
    })),
}
const obeys: Transformation = {
  label: { en: 'Obeys' },
  transform: async ({ events }) =>
    events.map(({ properties }) => {
      if (properties.do === 'drop') return { kind: 'dropped', code: 'ASKED_FOR' }
      return properties.do === 'fail' ? { kind: 'failed', code: 'NO_RATE', message: 'there is no rate' } : { kind: 'kept' }
    }),
}
const start = () => world.start({ transformations: new Map(Object.entries({ renames, obeys })) })

let messages = 0
async function send(ingest: Ingest, who: object, properties: object = {}, collect?: boolean): Promise<string> {
  const messageId = `stopped-${++messages}`
  const context = collect === undefined ? {} : { consent: { collect } }
  const response = await world.send(ingest, '/v1/track', { event: 'Secret', messageId, ...who, properties, context })
  expect(response.status).toBe(200)
  await ingest.idle()
  return messageId
}

const shop = () => world.store.in('shop')
const profileOf = (value: string) => shop().profiles.find({ type: 'user_id', value })
async function saidBy(value: string): Promise<readonly string[]> {
  const profile = (await profileOf(value)) ?? -1
  return ((await shop().consents.of([profile])).get(profile) ?? []).map(({ purpose, state }) => `${purpose} ${state}`)
}
async function countOf(value: string): Promise<number> {
  const profile = await profileOf(value)
  return profile === undefined ? 0 : (await world.analytics.in('shop').events({ profile, limit: 100 })).rows.length
}
async function last(): Promise<FailedEvent | undefined> {
  const { rows } = await world.analytics.in('shop').failedEvents({ limit: 1_000 })
  return rows.toSorted((left, right) => right.batch - left.batch)[0]
}
const nothing = { state: 'dropped', stage: 'consent', code: 'COLLECT_REFUSED', payload: '' }

describe.each(['drop', 'fail'])('an event that a transformation stops (%s)', (how) => {
  it('is asked for: of a person who has refused nothing is kept but that it came', async () => {
    const ingest = await start()
    const user = `refused-${how}`
    await send(ingest, { userId: user }, {}, false)
    await send(ingest, { userId: `raw-${user}` }, { do: how, secret: 'a-secret' })
    const failed = await last()
    expect(failed).toMatchObject(nothing)
    expect(JSON.stringify(failed)).not.toMatch(/Secret|a-secret|stopped-/)
    expect(ingest.stats().inLog).toBe(0)
  })

  it('still withdraws: the person is bound, and nothing of the event is kept', async () => {
    const ingest = await start()
    const user = `withdrawn-${how}`
    await send(ingest, { userId: user })
    await send(ingest, { userId: user }, { do: how }, false)
    expect(await last()).toMatchObject(nothing)
    expect(await saidBy(user)).toEqual(['collect denied'])
    await send(ingest, { userId: user })
    expect(await countOf(user)).toBe(1)
  })

  it('makes nobody a person, and nobody another person', async () => {
    const ingest = await start()
    const [user, device, other] = [`user-${how}`, `device-${how}`, `other-${how}`]
    await send(ingest, { userId: other }, { do: how })
    expect(await profileOf(other)).toBeUndefined()
    await send(ingest, { userId: user })
    await send(ingest, { anonymousId: device })
    await send(ingest, { userId: user, anonymousId: device }, { do: how }, false)
    const [left, right] = [await profileOf(user), await shop().profiles.find({ type: 'anonymous_id', value: device })]
    expect(left).not.toBe(right)
    const said = await shop().consents.of([left ?? -1, right ?? -1])
    expect([...said.values()].map((receipts) => receipts.map(({ state }) => state))).toEqual([['denied'], ['denied']])
  })
})

it('a no of somebody unknown in an event that the last transformation drops is remembered', async () => {
  const ingest = await start()
  await send(ingest, { userId: 'raw-unknown-drop' }, { do: 'drop' }, false)
  expect(await last()).toMatchObject(nothing)
  expect(await saidBy('unknown-drop')).toEqual(['collect denied'])
  expect(await profileOf('raw-unknown-drop')).toBeUndefined()
  await send(ingest, { userId: 'unknown-drop' })
  expect(await countOf('unknown-drop')).toBe(0)
})

it('an event that fails keeps its content where it says yes itself, and a yes of somebody known is remembered', async () => {
  const ingest = await start()
  await send(ingest, { userId: 'agrees' })
  const messageId = await send(ingest, { userId: 'agrees' }, { do: 'fail', total: 3 }, true)
  expect(await last()).toMatchObject({ state: 'open', stage: 'transform', code: 'NO_RATE', messageId })
  expect(await saidBy('agrees')).toEqual(['collect granted'])
})

describe.each([
  ['is dropped before the last transformation', { obeys, renames }, 'drop'],
  ['fails before the last transformation', { obeys, renames }, 'fail'],
  ['fails at the one that would rename', { renames: obeys }, 'fail'],
])('an event that %s', (what, transformations, how) => {
  const halfway = () => world.start({ transformations: new Map(Object.entries(transformations)) })
  const who = (name: string): string => `${name}-${what.replaceAll(' ', '-')}`

  it('makes nobody under identifiers that one of them changes, whatever it says', async () => {
    const ingest = await halfway()
    for (const collect of [false, true, undefined]) await send(ingest, { userId: `raw-${who('halfway')}` }, { do: how }, collect)
    expect(await profileOf(`raw-${who('halfway')}`)).toBeUndefined()
    expect(await profileOf(who('halfway'))).toBeUndefined()
  })

  it('is kept as far as it agrees itself', async () => {
    const ingest = await halfway()
    await send(ingest, { userId: `raw-${who('says')}` }, { do: how, secret: 'a-secret' }, false)
    expect(await last()).toMatchObject(nothing)
    await send(ingest, { userId: `raw-${who('says')}` }, { do: how }, true)
    expect(await last()).toMatchObject({ stage: 'transform' })
  })

  it('binds whom its identifiers find as they stand', async () => {
    const ingest = await halfway()
    await send(ingest, { userId: who('known') })
    await send(ingest, { userId: who('known') }, { do: how }, false)
    expect(await saidBy(who('known'))).toEqual(['collect denied'])
    expect(await last()).toMatchObject(nothing)
  })
})

it('an event that fails and agrees itself is kept also where the law asks for a yes, and one that says nothing is not', async () => {
  const strict: ConsentPolicy = {
    ...policy,
    decide: (request, context) =>
      request.receipts.length === 0 ? { granted: false, reason: { code: 'nothing-said', detail: {} } } : policy.decide(request, context),
  }
  const gate = createGate({ store: world.store, policies: new Map([['strict', strict]]), clock: { now: () => world.now } })
  const ingest = await world.start({ gate, transformations: new Map(Object.entries({ obeys, renames })) })
  const messageId = await send(ingest, { userId: 'raw-strict' }, { do: 'fail' }, true)
  expect(await last()).toMatchObject({ state: 'open', code: 'NO_RATE', messageId })
  await send(ingest, { userId: 'raw-strict' }, { do: 'fail' })
  expect(await last()).toMatchObject(nothing)
})

it('a yes in an event that is dropped makes nobody a person', async () => {
  const ingest = await start()
  await send(ingest, { userId: 'robot' }, { do: 'drop' }, true)
  expect(await last()).toMatchObject({ state: 'dropped', stage: 'transform' })
  expect(await profileOf('robot')).toBeUndefined()
})

it.each<Operation>(['openBatch', 'judgeBatch', 'insertFailed', 'closeBatch'])(
  'a withdrawal in a dropped event survives a crash at %s',
  async (step) => {
    const user = `crashed-${step}`
    const first = await start()
    await send(first, { userId: user })
    world.sabotage = (operation) => (operation === step ? 'after' : undefined)
    const event = {
      event: 'Secret',
      messageId: `${user}-1`,
      userId: user,
      properties: { do: 'drop' },
      context: { consent: { collect: false } },
    }
    await world.send(first, '/v1/track', event)
    await expect.poll(() => first.health().status).toBe('degraded')
    await first.stop({ drainMs: 0 })
    world.sabotage = () => undefined
    const second = await start()
    await second.idle()
    expect(await saidBy(user)).toEqual(['collect denied'])
    expect(await last()).toMatchObject(nothing)
  },
)
