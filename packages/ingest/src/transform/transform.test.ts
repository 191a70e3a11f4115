import type { FailedEvent, StoredEvent } from '@tenon/analytics'
import { type CustomerEvent, type Transformation, type TransformOutcome, transformation } from '@tenon/kernel/contracts'
import { fake, startTestKernel } from '@tenon/testing'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Ingest } from '../ingest.ts'
import { createWorld, type Operation, type World } from '../world.fixture.ts'
import type { Transformations } from './transform-events.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.halt())
afterAll(() => world.close())

const transforming = (transform: (event: CustomerEvent) => TransformOutcome, after: readonly string[] = []): Transformation => ({
  label: { en: 'Test' },
  after,
  transform: async ({ events }) => events.map(transform),
})

/** Behind the guards that a kernel puts around them. */
async function guarded(providers: Readonly<Record<string, Transformation>>): Promise<Transformations> {
  const plugins = Object.entries(providers).map(([as, provider]) => fake(transformation, provider, { as }))
  const kernel = await startTestKernel({ plugins, needs: { transformations: transformation } })
  return kernel.needs.transformations
}

const rename = transforming(({ name }) => (name.endsWith('!') ? { kind: 'kept' } : { kind: 'changed', parts: { name: `${name}!` } }))

/** What an event asks for in its properties. */
const obeying = transforming(({ properties }) => {
  switch (properties.do) {
    case 'drop':
      return { kind: 'dropped', code: 'ASKED_FOR' }
    case 'fail':
      return { kind: 'failed', code: 'NO_RATE', message: 'there is no rate' }
    case 'throw':
      throw new RangeError('never heard of it')
    case 'lie':
      return { kind: 'changed', parts: { properties: { price: Number.NaN } } }
    default:
      return { kind: 'kept' }
  }
})

const track = (messageId: string, userId: string, properties: object = {}) => ({
  type: 'track',
  event: 'Test',
  messageId,
  userId,
  properties,
})

async function send(ingest: Ingest, ...batch: readonly object[]): Promise<void> {
  expect((await world.send(ingest, '/v1/batch', { batch })).status).toBe(200)
}

async function storedOf(user: string): Promise<readonly StoredEvent[]> {
  const profile = await world.store.in('shop').profiles.find({ type: 'user_id', value: user })
  const rows = profile === undefined ? [] : (await world.analytics.in('shop').events({ profile, limit: 1_000 })).rows
  return rows.toSorted((left, right) => left.messageId.localeCompare(right.messageId))
}

async function failedOf(prefix: string): Promise<readonly FailedEvent[]> {
  const { rows } = await world.analytics.in('shop').failedEvents({ limit: 1_000 })
  return rows
    .filter(({ messageId }) => messageId?.startsWith(prefix) === true)
    .toSorted((left, right) => (left.messageId ?? '').localeCompare(right.messageId ?? ''))
}

const failedSoFar = async (): Promise<number> => {
  const { failed, dropped } = await world.store.ingest.counters()
  return failed + dropped
}

function conserved(ingest: Ingest): void {
  const { received, stored, duplicate, failed, dropped, inLog } = ingest.stats()
  expect(received).toBe(stored + duplicate + failed + dropped + inLog)
}

describe('a transformation', () => {
  it('changes what is stored, and whose it is', async () => {
    const owner = transforming(({ identifiers }) => ({
      kind: 'changed',
      parts: { identifiers: identifiers.map(({ type, value }) => ({ type, value: value.replace('old-', 'new-') })) },
    }))
    const ingest = await world.start({ transformations: await guarded({ rename, owner }) })
    await send(ingest, track('c-1', 'old-an', { price: 1 }))
    await ingest.idle()
    expect(await storedOf('old-an')).toEqual([])
    expect(await storedOf('new-an')).toMatchObject([{ messageId: 'c-1', name: 'Test!', properties: { price: 1 } }])
  })

  it('runs after the one before it', async () => {
    const seen: string[] = []
    const listening = transforming(({ name }) => {
      seen.push(name)
      return { kind: 'kept' }
    })
    const ingest = await world.start({ transformations: await guarded({ first: listening, rename, second: listening }) })
    await send(ingest, track('o-1', 'order'))
    await ingest.idle()
    expect(seen).toEqual(['Test', 'Test!'])
  })

  it('costs an event that it fails on, as it came, and none beside it', async () => {
    const ingest = await world.start({ transformations: await guarded({ rename, obeying }) })
    await send(
      ingest,
      track('f-0', 'failing', { do: 'fail', price: 9 }),
      track('f-1', 'failing'),
      track('f-2', 'failing', { do: 'throw' }),
      track('f-3', 'failing', { do: 'lie' }),
      track('f-4', 'failing'),
    )
    await ingest.idle()
    expect((await storedOf('failing')).map(({ messageId, name }) => `${messageId} ${name}`)).toEqual(['f-1 Test!', 'f-4 Test!'])
    const failed = await failedOf('f-')
    expect(failed).toMatchObject([
      { messageId: 'f-0', stage: 'transform', code: 'NO_RATE', reason: 'obeying: there is no rate' },
      { messageId: 'f-2', stage: 'transform', code: 'TRANSFORMATION_FAILED', reason: 'obeying: RangeError: never heard of it' },
      { messageId: 'f-3', stage: 'transform', code: 'TRANSFORMATION_INVALID' },
    ])
    expect(JSON.parse(failed[0]?.payload ?? '')).toMatchObject({ name: 'Test', properties: { do: 'fail', price: 9 } })
    conserved(ingest)
  })

  it('drops on purpose: counted, and nothing of the content is kept', async () => {
    const ingest = await world.start({ transformations: await guarded({ obeying, rename }) })
    const before = await failedSoFar()
    await send(ingest, track('d-0', 'dropped', { do: 'drop', secret: 'x' }), track('d-1', 'dropped'))
    await ingest.idle()
    const [dropped] = await failedOf('d-')
    expect(dropped).toMatchObject({
      state: 'dropped',
      stage: 'transform',
      code: 'DROPPED',
      reason: 'obeying: ASKED_FOR',
      event: 'Test',
      payload: '',
    })
    expect((await failedSoFar()) - before).toBe(1)
    conserved(ingest)
  })

  it('lets an event that failed be sent again, as it is, once it is repaired', async () => {
    const broken = await world.start({ transformations: await guarded({ obeying }) })
    const before = broken.stats()
    for (const event of ['Test', 'Test', '']) await send(broken, { ...track('again-0', 'again', { do: 'throw' }), event })
    await broken.idle()
    expect(await storedOf('again')).toEqual([])
    // Also the retry of one that failed is a duplicate; what was refused before the log has failed otherwise.
    expect((await failedOf('again-')).map(({ stage }) => stage).sort()).toEqual(['accept', 'transform'])
    expect(broken.stats().duplicate - before.duplicate).toBe(1)
    await broken.stop()
    const repaired = await world.start({ transformations: await guarded({ rename }) })
    await send(repaired, track('again-0', 'again', { do: 'throw' }))
    await send(repaired, track('again-0', 'again', { do: 'throw' }))
    await repaired.idle()
    expect(await storedOf('again')).toHaveLength(1)
    conserved(repaired)
  })

  it('that rests holds the log: nothing is lost, nobody is blamed, and it goes on by itself', async () => {
    let resting = true
    let asked = 0
    const rests: Transformation = {
      label: { en: 'Rests' },
      async transform({ events }) {
        asked += 1
        if (resting) throw Object.assign(new Error('rests'), { code: 'TENON_PLUGIN_CIRCUIT_OPEN' })
        return events.map(() => ({ kind: 'kept' }))
      },
    }
    const ingest = await world.start({ transformations: new Map([['rests', rests]]) })
    await send(ingest, track('r-0', 'resting'), track('r-1', 'resting'))
    while (asked < 2) await new Promise((resolve) => void setImmediate(resolve))
    expect(ingest.health()).toMatchObject({ status: 'degraded', reason: expect.stringContaining('TENON_PLUGIN_CIRCUIT_OPEN') })
    expect(ingest.stats().inLog).toBe(2)
    conserved(ingest)
    resting = false
    await ingest.idle()
    expect(await storedOf('resting')).toHaveLength(2)
    expect(await failedOf('r-')).toEqual([])
    expect(ingest.health()).toEqual({ status: 'ok' })
  })

  it('is not asked again about what it hung on before it had to rest', async () => {
    const askedAbout: string[] = []
    let rests = 1
    const hanging: Transformation = {
      label: { en: 'Hangs' },
      async transform({ events }) {
        askedAbout.push(...events.map(({ messageId }) => messageId))
        return events.map(({ properties }) =>
          properties.hang === true ? { kind: 'failed', code: 'TRANSFORMATION_TIMEOUT', message: 'too long' } : { kind: 'kept' },
        )
      },
    }
    const resting: Transformation = {
      label: { en: 'Rests once' },
      async transform({ events }) {
        if (rests-- > 0) throw Object.assign(new Error('rests'), { code: 'TENON_PLUGIN_CIRCUIT_OPEN' })
        return events.map(() => ({ kind: 'kept' }))
      },
    }
    const ingest = await world.start({ transformations: new Map([...Object.entries({ hanging, resting })]) })
    await send(ingest, track('h-0', 'hung', { hang: true }), track('h-1', 'hung'))
    await ingest.idle()
    expect(askedAbout).toEqual(['h-0', 'h-1', 'h-1'])
    expect(await failedOf('h-')).toMatchObject([{ messageId: 'h-0', code: 'TRANSFORMATION_TIMEOUT' }])
    expect(await storedOf('hung')).toHaveLength(1)
  })
})

describe('a transformation that rests', () => {
  it('holds up the batch that it rests at and those behind it, and no other', async () => {
    let isHeld = true
    let refused = 0
    const resting: Transformation = {
      label: { en: 'Rests at one event' },
      async transform({ events }) {
        if (isHeld && events.some(({ messageId }) => messageId === 'rest-2')) {
          refused += 1
          throw Object.assign(new Error('rests'), { code: 'TENON_PLUGIN_CIRCUIT_OPEN' })
        }
        return events.map(() => ({ kind: 'kept' }))
      },
    }
    // All of them are there before the first is stored.
    world.sabotage = (operation) => (operation === 'position' ? 'before' : undefined)
    const ingest = await world.start({ transformations: new Map([['resting', resting]]), limits: { batchEvents: 1, batchBytes: 1 } })
    for (const index of [0, 1, 2, 3]) await send(ingest, track(`rest-${index}`, 'rest'))
    world.sabotage = () => undefined
    await expect.poll(() => refused, { timeout: 20_000 }).toBeGreaterThan(1)
    expect((await storedOf('rest')).map(({ messageId }) => messageId)).toEqual(['rest-0', 'rest-1'])
    isHeld = false
    await ingest.idle()
    expect((await storedOf('rest')).map(({ messageId }) => messageId)).toEqual(['rest-0', 'rest-1', 'rest-2', 'rest-3'])
    conserved(ingest)
  })
})

describe('a transformation that changes its mind over a crash', () => {
  const moody = (fails: (messageId: string) => boolean): Promise<Transformations> =>
    guarded({
      moody: transforming(({ messageId }) =>
        fails(messageId) ? { kind: 'failed', code: 'MOODY', message: 'not today' } : { kind: 'changed', parts: { name: 'Good' } },
      ),
    })

  it.each<Operation>(['insertRows', 'insertFailed', 'closeBatch'])('after %s is held to what it said first', async (step) => {
    const first = await world.start({ transformations: await moody((id) => id.endsWith('-0')) })
    let struck = false
    world.sabotage = (operation) => {
      if (operation !== step) return undefined
      struck = true
      return 'after'
    }
    const user = `moody-${step}`
    const before = await failedSoFar()
    await send(first, track(`${user}-0`, user), track(`${user}-1`, user))
    while (!struck) await new Promise((resolve) => void setImmediate(resolve))
    await first.stop({ drainMs: 0 })
    world.sabotage = () => undefined
    const second = await world.start({ transformations: await moody(() => false) })
    await second.idle()
    expect((await storedOf(user)).map(({ messageId }) => messageId)).toEqual([`${user}-1`])
    expect(await failedOf(user)).toMatchObject([{ messageId: `${user}-0`, code: 'MOODY' }])
    expect((await failedSoFar()) - before).toBe(1)
    conserved(second)
  })
})

describe('whatever transformations do', () => {
  it('received is stored + duplicate + failed, and every event is somewhere', async () => {
    const ingest = await world.start({ transformations: await guarded({ obeying, rename }), limits: { batchEvents: 7 } })
    const deed = fc.constantFrom('keep', 'drop', 'fail', 'throw', 'lie')
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 20 }), async (deeds) => {
        round += 1
        const user = `all-${round}`
        await send(ingest, ...deeds.map((what, index) => track(`${user}-${index}`, user, { do: what })))
        await ingest.idle()
        conserved(ingest)
        const kept = (await storedOf(user)).map(({ messageId }) => messageId)
        const failed = (await failedOf(`${user}-`)).map(({ messageId }) => messageId)
        const idsOf = (good: boolean) => deeds.flatMap((what, index) => ((what === 'keep') === good ? [`${user}-${index}`] : [])).sort()
        expect(kept).toEqual(idsOf(true))
        expect(failed).toEqual(idsOf(false))
      }),
      { numRuns: 15 },
    )
  })
})
