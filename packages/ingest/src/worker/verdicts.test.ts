import type { FailedEvent, StoredEvent } from '@tenon/analytics'
import type { IdentityPolicy, Transformation } from '@tenon/kernel/contracts'
import { createIdentityRules, identityConfig } from '@tenon/plugin-identity-rules'
import type { WorkspaceStore } from '@tenon/store'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createFailedEvents } from '../failed/failed-events.ts'
import type { Ingest } from '../ingest.ts'
import type { StorerOptions } from '../storing/storer.ts'
import { createWorld, quiet, type World } from '../world.fixture.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.halt())
afterAll(() => world.close())

const STEPS = ['openBatch', 'judgeBatch', 'insertRows', 'insertFailed', 'closeBatch'] as const
type Step = (typeof STEPS)[number]
type When = 'before' | 'after'
type Plugins = Pick<StorerOptions, 'transformations' | 'identity'>

const rules = createIdentityRules(identityConfig.parse({ defaultCountry: 'CN' }))

/** Plugins that fail on the events whose message ids they are told. */
function failing(fails: { readonly transform?: readonly string[]; readonly identity?: readonly string[] } = {}): Plugins {
  const { transform = [], identity = [] } = fails
  const moody: Transformation = {
    label: { en: 'Moody' },
    transform: async ({ events }) =>
      events.map(({ messageId }) =>
        transform.includes(messageId)
          ? { kind: 'failed', code: 'MOODY', message: 'not today' }
          : { kind: 'changed', parts: { name: 'Good' } },
      ),
  }
  const policy: IdentityPolicy = {
    ...rules,
    plan(request, context) {
      // Sent with a user of the same name as the message.
      if (request.identifiers.some(({ value }) => identity.includes(value))) throw new Error('a fault of the policy')
      return rules.plan(request, context)
    },
  }
  return { transformations: new Map([['moody', moody]]), identity: policy }
}

async function send(ingest: Ingest, ...ids: readonly string[]): Promise<void> {
  const batch = ids.map((id) => ({ type: 'track', event: 'Test', messageId: id, userId: id }))
  expect((await world.send(ingest, '/v1/batch', { batch })).status).toBe(200)
}

interface Life {
  readonly ingest: Ingest
  /** Resolves once the worker has met a fault. */
  readonly trouble: Promise<void>
  /** Breaks one step of storing, whenever it is come to. */
  breakAt(step: Step, when: When): void
  /** Whether it was come to. */
  isBroken(): boolean
}

async function live(plugins: Plugins): Promise<Life> {
  const { promise: trouble, resolve } = Promise.withResolvers<void>()
  const ingest = await world.start({ ...plugins, logger: { ...quiet, error: () => resolve() } })
  let isBroken = false
  return {
    ...{ ingest, trouble },
    isBroken: () => isBroken,
    breakAt(step, when) {
      world.sabotage = (operation) => {
        if (operation !== step) return undefined
        isBroken = true
        return when
      }
    },
  }
}

/** Starts, has the events, and dies at a step of storing them. */
async function dieAt(step: Step, when: When, plugins: Plugins, ...ids: readonly string[]): Promise<void> {
  const { ingest, trouble, breakAt, isBroken } = await live(plugins)
  await ingest.idle()
  breakAt(step, when)
  if (ids.length > 0) await send(ingest, ...ids)
  await trouble
  expect(isBroken()).toBe(true)
  await ingest.stop({ drainMs: 0 })
  world.sabotage = () => undefined
}

async function storedOf(id: string): Promise<readonly StoredEvent[]> {
  const profile = await world.store.in('shop').profiles.find({ type: 'user_id', value: id })
  return profile === undefined ? [] : (await world.analytics.in('shop').events({ profile, limit: 100 })).rows
}

async function failedOf(...ids: readonly string[]): Promise<readonly FailedEvent[]> {
  const { rows } = await world.analytics.in('shop').failedEvents({ limit: 1_000, state: 'open' })
  return rows.filter(({ messageId = '' }) => ids.includes(messageId))
}

async function replay(ingest: Ingest, ...events: readonly FailedEvent[]): Promise<void> {
  const failed = createFailedEvents({
    ...{ store: world.store, analytics: world.analytics, ingest, logger: quiet },
    clock: { now: () => world.now },
  })
  for (const { id } of events) await failed.replay({ workspace: 'shop', id })
  await ingest.idle()
}

/** What is counted is what the engine has. */
async function agreed(ingest: Ingest): Promise<void> {
  const { received, stored, duplicate, failed, dropped, inLog } = ingest.stats()
  expect({ inLog, sum: stored + duplicate + failed + dropped }).toEqual({ inLog: 0, sum: received })
  const read = world.analytics.in('shop')
  const groups = await read.countFailedEvents({})
  const inState = (state: string) => groups.reduce((sum, group) => (group.state === state ? sum + group.events : sum), 0)
  expect({ stored, failed, dropped }).toEqual({
    stored: await read.countEvents(),
    failed: inState('open') + inState('discarded'),
    dropped: inState('dropped'),
  })
}

const points = STEPS.flatMap((step) => [[step, 'before'] as const, [step, 'after'] as const])
const plugins = ['transform', 'identity'] as const
const cases = plugins.flatMap((plugin) => points.map(([step, when]) => [plugin, when, step] as const))

describe.each(cases)('an event on which the %s fails, and a crash %s %s', (plugin, when, step) => {
  const name = `${plugin}-${step}-${when}`

  it('is failed or stored when it comes back with one that does not, and is stored once by a replay', async () => {
    const [first, second] = [`${name}-a`, `${name}-b`]
    await dieAt(step, when, failing({ [plugin]: [first] }), first, second)
    const ingest = await world.start(failing())
    await ingest.idle()
    expect(await storedOf(second)).toHaveLength(1)
    const failed = await failedOf(first)
    expect([(await storedOf(first)).length, failed.length]).toEqual(step === 'openBatch' && when === 'before' ? [1, 0] : [0, 1])
    await agreed(ingest)
    await replay(ingest, ...failed)
    expect(await storedOf(first)).toHaveLength(1)
    expect(await failedOf(first)).toEqual([])
    await agreed(ingest)
  })

  it('is stored or failed when it fails only after the crash, and is stored once by a replay', async () => {
    const [first, second] = [`${name}-c`, `${name}-d`]
    // There is no failed event before the crash in the last ones.
    await dieAt(step, when, failing({ transform: [`${name}-e`] }), first, second, `${name}-e`)
    const broken = await world.start(failing({ [plugin]: [first] }))
    await broken.idle()
    const wasWritten = (step === 'insertRows' && when === 'after') || step === 'insertFailed' || step === 'closeBatch'
    const failed = await failedOf(first)
    expect([(await storedOf(first)).length, failed.length]).toEqual(wasWritten ? [1, 0] : [0, 1])
    expect(await storedOf(second)).toHaveLength(1)
    await agreed(broken)
    await broken.stop()
    const ingest = await world.start(failing())
    // Its sender tries again as well.
    await send(ingest, first)
    await replay(ingest, ...failed)
    expect(await storedOf(first)).toHaveLength(1)
    expect(await failedOf(first)).toEqual([])
    await agreed(ingest)
  })
})

describe('an event that Postgres refuses when its batch is opened', () => {
  /** Refuses to look for owners of an identifier. */
  const refusing = (bad: string): World['store'] => ({
    ...world.store,
    ingest: {
      ...world.store.ingest,
      openBatch: ((request) =>
        world.store.ingest.openBatch({
          ...request,
          resolve: (transaction, fresh) =>
            request.resolve({ ...transaction, in: (workspace) => refusingIn(transaction.in(workspace), bad) }, fresh),
        })) satisfies World['store']['ingest']['openBatch'],
    },
  })
  const refusingIn = (store: WorkspaceStore, bad: string): WorkspaceStore => ({
    ...store,
    profiles: {
      ...store.profiles,
      owners: (identifiers) =>
        identifiers.some(({ value }) => value === bad)
          ? Promise.reject(Object.assign(new Error('invalid input'), { code: '22021' }))
          : store.profiles.owners(identifiers),
    },
  })

  it('has claimed nothing: its sender may send it again, and a replay after that is a duplicate', async () => {
    const first = await world.start({ store: refusing('refused-a') })
    await send(first, 'refused-a', 'refused-b')
    await first.idle()
    const failed = await failedOf('refused-a')
    expect(failed).toMatchObject([{ stage: 'open', code: 'UNSTORABLE' }])
    await first.stop()
    const second = await world.start()
    await send(second, 'refused-a')
    await second.idle()
    await replay(second, ...failed)
    expect(await storedOf('refused-a')).toHaveLength(1)
    expect(await failedOf('refused-a')).toEqual([])
    await agreed(second)
  })

  it('stays set aside when Postgres takes it after a crash', async () => {
    const first = await world.start({ store: refusing('taken-a') })
    await first.idle()
    world.sabotage = (operation) => (operation === 'insertFailed' ? 'after' : undefined)
    await send(first, 'taken-a', 'taken-b')
    await expect
      .poll(() => world.analytics.in('shop').countFailedEvents({ stage: 'open', state: 'open' }), { timeout: 20_000 })
      .toHaveLength(1)
    await first.stop({ drainMs: 0 })
    world.sabotage = () => undefined
    const second = await world.start()
    await second.idle()
    expect(await storedOf('taken-a')).toEqual([])
    await agreed(second)
    await replay(second, ...(await failedOf('taken-a')))
    expect(await storedOf('taken-a')).toHaveLength(1)
    await agreed(second)
  })

  it('and that a transformation has stopped holds nobody up', async () => {
    const ingest = await world.start({ ...failing({ transform: ['stopped-a'] }), store: refusing('stopped-a') })
    await send(ingest, 'stopped-a', 'stopped-b')
    await ingest.idle()
    expect(await failedOf('stopped-a')).toMatchObject([{ stage: 'open', code: 'UNSTORABLE' }])
    expect(await storedOf('stopped-b')).toHaveLength(1)
    await agreed(ingest)
  })

  it.each([
    ['before', 0, 1],
    ['after', 1, 0],
  ] as const)('and that passed before a crash %s it was written is stored or failed', async (when, stored, failed) => {
    const [bad, good] = [`late-${when}`, `early-${when}`]
    await dieAt('insertRows', when, failing(), bad, good)
    const second = await world.start({ store: refusing(bad) })
    await second.idle()
    expect([(await storedOf(bad)).length, (await failedOf(bad)).length]).toEqual([stored, failed])
    expect(await storedOf(good)).toHaveLength(1)
    await agreed(second)
    await second.stop()
    const third = await world.start()
    await send(third, bad)
    await replay(third, ...(await failedOf(bad)))
    expect(await storedOf(bad)).toHaveLength(1)
    await agreed(third)
  })
})

describe('whatever plugins say from one crash to the next', () => {
  it('an event is stored once or failed once, and what failed is stored once by a replay', { timeout: 240_000 }, async () => {
    const some = fc.subarray(['0', '1', '2', '3'])
    const life = fc.record({ transform: some, identity: some, at: fc.constantFrom(...points) })
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), some, some, async (lives, transform, identity) => {
        await world.halt()
        const prefix = `flap-${++round}-`
        const named = (numbers: readonly string[]): readonly string[] => numbers.map((number) => prefix + number)
        // The last one makes sure that there is something to tell the engine in every life.
        const ids = [...named(['0', '1', '2', '3']), `${prefix}good`]
        const pluginsOf = (fails: { readonly transform: readonly string[]; readonly identity: readonly string[] }): Plugins =>
          failing({ transform: named(fails.transform), identity: named(fails.identity) })
        let [isSent, isStored] = [false, false]
        for (const {
          at: [step, when],
          ...fails
        } of lives) {
          const { ingest, trouble, breakAt, isBroken } = await live(pluginsOf(fails))
          breakAt(step, when)
          if (!isSent) await send(ingest, ...ids)
          await Promise.race([trouble, ingest.idle()])
          // Once all is stored nothing is left to break; what is judged is not judged again, and failed events are written where there are some.
          const isAgain = step === 'judgeBatch' || step === 'insertFailed' ? isSent : isStored
          const mustBreak = !isAgain && (step !== 'insertFailed' || fails.transform.length + fails.identity.length > 0)
          expect([step, when, isBroken() || !mustBreak]).toEqual([step, when, true])
          isSent = true
          isStored ||= !isBroken() || (step === 'closeBatch' && when === 'after')
          await ingest.stop({ drainMs: 0 })
          world.sabotage = () => undefined
        }
        const last = await world.start(pluginsOf({ transform, identity }))
        await last.idle()
        await agreed(last)
        const failed = await failedOf(...ids)
        for (const id of ids) {
          const [stored, open] = [await storedOf(id), failed.filter(({ messageId }) => messageId === id)]
          expect([id, stored.length + open.length]).toEqual([id, 1])
        }
        await last.stop()
        const healthy = await world.start(failing())
        await replay(healthy, ...failed)
        await send(healthy, ...ids)
        await healthy.idle()
        for (const id of ids) expect([id, (await storedOf(id)).length]).toEqual([id, 1])
        await agreed(healthy)
      }),
      { numRuns: 15 },
    )
  })
})
