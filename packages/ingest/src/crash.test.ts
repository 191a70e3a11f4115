import type { StoredEvent } from '@tenon/analytics'
import type { IngestCounts } from '@tenon/store'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Ingest } from './ingest.ts'
import { ingestKinds } from './log/log-places.fixture.ts'
import { createWorld, type Operation, quiet, type World } from './world.fixture.ts'

const STEPS: readonly Operation[] = [
  'openBatch',
  'judgeBatch',
  'listPendingOverrides',
  'insertOverrides',
  'markOverridesWritten',
  'insertRows',
  'insertFailed',
  'closeBatch',
]

async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; !done(); tries++) {
    if (tries > 2_000) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const gained = (before: IngestCounts, after: IngestCounts): IngestCounts => ({
  received: after.received - before.received,
  stored: after.stored - before.stored,
  duplicate: after.duplicate - before.duplicate,
  failed: after.failed - before.failed,
  dropped: after.dropped - before.dropped,
})

describe.each(ingestKinds)('over a $kind log', (kind) => {
  const test = it.skipIf(kind.missing !== undefined)
  let world: World
  beforeAll(async () => {
    if (kind.missing === undefined) world = await createWorld(kind)
  })
  afterAll(() => world?.close())
  afterEach(() => world?.halt())

  async function storedOf(workspace: string, type: string, value: string): Promise<readonly StoredEvent[]> {
    const profile = await world.store.in(workspace).profiles.find({ type, value })
    return profile === undefined ? [] : (await world.analytics.in(workspace).events({ profile, limit: 1_000 })).rows
  }

  async function countFailed(workspace: string): Promise<number> {
    let count = 0
    let cursor: string | undefined
    do {
      const page = await world.analytics.in(workspace).failedEvents({ limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
      count += page.rows.length
      cursor = page.next
    } while (cursor !== undefined)
    return count
  }

  async function totals(): Promise<{ stored: number; failed: number }> {
    const stored = await Promise.all(world.workspaces.map((workspace) => world.analytics.in(workspace).countEvents()))
    const failed = await Promise.all(world.workspaces.map(countFailed))
    return { stored: stored.reduce((sum, count) => sum + count, 0), failed: failed.reduce((sum, count) => sum + count, 0) }
  }

  async function conserved(ingest: Ingest): Promise<void> {
    const { received, stored, duplicate, failed, dropped, inLog } = await ingest.measure()
    expect(received).toBe(stored + duplicate + failed + dropped + inLog)
  }

  describe.each(STEPS)('a crash at %s', (step) => {
    test.each(['before', 'after'] as const)('%s it loses nothing and doubles nothing', async (when) => {
      const person = `${step}-${when}`
      // A fault has struck once its worker says so: what was asked for behind it is done by then.
      let struck = 0
      const first = await world.start({ logger: { ...quiet, error: () => void struck++ } })
      await world.send(first, '/v1/batch', {
        batch: [
          { type: 'track', event: 'A', messageId: `${person}-0`, anonymousId: person },
          { type: 'page', messageId: `${person}-1`, userId: person },
        ],
      })
      await first.idle()
      const before = await totals()
      const counted = await world.store.ingest.counters()
      struck = 0
      world.sabotage = (operation) => (operation === step ? when : undefined)
      const batch = [
        { type: 'identify', messageId: `${person}-2`, userId: person, anonymousId: person },
        { type: 'track', event: 'A', messageId: `${person}-0`, anonymousId: person },
        { type: 'track', event: '', messageId: `${person}-bad` },
        { type: 'track', event: 'B', messageId: `${person}-3`, userId: person },
      ]
      expect((await world.send(first, '/v1/batch', { batch })).status).toBe(200)
      await until(() => struck > 0)
      await conserved(first)
      await first.stop({ drainMs: 0 })
      world.sabotage = () => undefined
      const second = await world.start()
      expect((await world.send(second, '/v1/batch', { batch })).status).toBe(200)
      await second.idle()
      await conserved(second)
      expect((await second.measure()).inLog).toBe(0)
      const events = await storedOf('shop', 'user_id', person)
      expect(events.map(({ messageId }) => messageId).sort()).toEqual([0, 1, 2, 3].map((number) => `${person}-${number}`))
      const after = await totals()
      expect(after.stored - before.stored).toBe(2)
      // Also what is refused is refused once.
      expect(after.failed - before.failed).toBe(1)
      expect(gained(counted, await world.store.ingest.counters())).toEqual({ received: 8, stored: 2, duplicate: 5, failed: 1, dropped: 0 })
      await second.stop()
    })
  })

  describe('a batch that is closed unheard', () => {
    test('is told of as by a predecessor: somebody must look whom it touched', async () => {
      const ingest = await world.start()
      const told: string[] = []
      const heard = (list: readonly string[]) => expect.poll(() => told, { timeout: 20_000 }).toEqual(list)
      ingest.onStored(() => told.push('stored'))
      await world.send(ingest, '/v1/track', { event: 'Early', messageId: 'early', userId: 'heard' })
      await heard(['stored'])
      ingest.onTakenOver(() => told.push('taken over'))
      await world.send(ingest, '/v1/track', { event: 'Heard', messageId: 'heard', userId: 'heard' })
      await heard(['stored', 'stored'])
      let left = 1
      world.sabotage = (operation) => (operation === 'closeBatch' && left-- > 0 ? 'after' : undefined)
      await world.send(ingest, '/v1/track', { event: 'Unheard', messageId: 'unheard', userId: 'heard' })
      await heard(['stored', 'stored', 'taken over'])
      await ingest.idle()
      await conserved(ingest)
    })
  })

  describe('a crash with two batches open', () => {
    test('writes both once, in order', async () => {
      const before = await totals()
      const counted = await world.store.ingest.counters()
      const batches: number[] = []
      // All of them are there before the first is stored: then the second batch is opened while the first is written.
      world.sabotage = (operation) => (operation === 'position' ? 'before' : undefined)
      const first = await world.start({ limits: { batchEvents: 2 } })
      const batch = [0, 1, 2, 3].map((index) => ({ type: 'track', event: 'Open', messageId: `open-${index}`, userId: `open-${index % 2}` }))
      for (const event of batch) await world.send(first, '/v1/track', event)
      const { end } = first.stats()
      world.sabotage = (operation) => (operation === 'insertRows' ? 'before' : undefined)
      const openOf = async () => (await world.store.ingest.position(world.streams[0] ?? '')).openBatches
      await expect.poll(async () => (await openOf()).length, { timeout: 20_000 }).toBe(2)
      await first.stop({ drainMs: 0 })
      world.sabotage = () => undefined
      const open = await openOf()
      expect(open.length).toBeGreaterThan(1)
      const second = await world.start()
      second.onStored((stored) => batches.push(stored.batch))
      await second.idle()
      expect((await second.measure()).position).toBe(end)
      expect(batches.slice(0, open.length)).toEqual(open.map((one) => one.batch))
      expect((await totals()).stored - before.stored).toBe(4)
      expect(gained(counted, await world.store.ingest.counters())).toEqual({ received: 4, stored: 4, duplicate: 0, failed: 0, dropped: 0 })
      expect(await openOf()).toEqual([])
      await conserved(second)
      await second.stop()
    })
  })

  describe('a consent that changes between a crash and its repair', () => {
    test('does not turn what is stored into what was refused', async () => {
      const first = await world.start()
      const before = await totals()
      await world.send(first, '/v1/track', { event: 'A', messageId: 'judged-1', userId: 'judged' })
      await first.idle()
      world.sabotage = (operation) => (operation === 'insertRows' ? 'after' : undefined)
      await world.send(first, '/v1/track', { event: 'B', messageId: 'judged-2', userId: 'judged' })
      await until(() => first.health().status === 'degraded')
      await first.stop({ drainMs: 0 })
      world.sabotage = () => undefined
      const shop = world.store.in('shop')
      const profile = (await shop.profiles.find({ type: 'user_id', value: 'judged' })) ?? 0
      const said = { purpose: 'collect', basis: 'consent', notice: '1', source: 'desk', at: world.now, evidence: {} }
      await shop.consents.record([{ ...said, profile, state: 'withdrawn' }])
      const second = await world.start()
      await second.idle()
      expect(await totals()).toEqual({ stored: before.stored + 2, failed: before.failed })
      await conserved(second)
      await world.send(second, '/v1/track', { event: 'C', messageId: 'judged-3', userId: 'judged' })
      await second.idle()
      expect(await totals()).toEqual({ stored: before.stored + 2, failed: before.failed + 1 })
      await second.stop()
    })
  })

  describe('whatever comes, in whatever state', () => {
    const id = fc.constantFrom('1', '2', '3', '4', '5', null, '', 7)
    const event = fc.record(
      {
        type: fc.constantFrom('track', 'identify', 'page', 'group', 'alias', 'nonsense'),
        event: fc.oneof(fc.constantFrom('A', 'B', ''), fc.jsonValue()),
        messageId: fc.oneof(fc.constantFrom('m1', 'm2', 'm3', 'm4', 'm5', 'm6'), fc.uuid(), fc.jsonValue()),
        userId: id,
        anonymousId: id,
        previousId: id,
        groupId: id,
        timestamp: fc.constantFrom('2020-01-01', 'not-a-date', '2999-01-01T00:00:00Z', undefined),
        traits: fc.oneof(fc.record({ email: fc.constantFrom('a@b.cn', 'c@d.cn', 'nobody') }), fc.jsonValue()),
        properties: fc.oneof(
          fc.object({ maxDepth: 3 }),
          fc.jsonValue(),
          fc.constantFrom("'; DROP TABLE events; --", { text: "\u0000\t\\'\ud800" }),
        ),
        context: fc.oneof(fc.constant({}), fc.record({ consent: fc.record({ collect: fc.boolean() }) })),
      },
      { requiredKeys: ['type', 'messageId'] },
    )
    const send = fc.record({
      do: fc.constant('send' as const),
      workspace: fc.constantFrom('shop', 'other'),
      batch: fc.array(fc.oneof({ weight: 5, arbitrary: event }, fc.jsonValue()), { minLength: 1, maxLength: 12 }),
    })
    const fault = fc.record({
      do: fc.constant('fault' as const),
      step: fc.constantFrom(...STEPS),
      when: fc.constantFrom('before' as const, 'after' as const),
      times: fc.integer({ min: 1, max: 2 }),
    })
    const action = fc.oneof(
      { weight: 4, arbitrary: send },
      { weight: 2, arbitrary: fault },
      fc.constant({ do: 'restart' as const }),
      fc.constant({ do: 'garbage' as const }),
    )

    test('received is stored + duplicate + failed + in the log, and the stores agree', { timeout: 240_000 }, async () => {
      await fc.assert(
        // Small pieces: the next is opened while one is written.
        fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 12 }), fc.constantFrom(2, 20_000), async (actions, batchEvents) => {
          await world.halt()
          let ingest = await world.start({ limits: { batchEvents } })
          await ingest.idle()
          const before = { ...(await totals()), ...(await pick(ingest)) }
          let sent = 0
          for (const one of actions) {
            if (one.do === 'send') {
              const response = await world.send(ingest, '/v1/batch', { batch: one.batch }, { workspace: one.workspace })
              expect(response.status).toBe(200)
              sent += one.batch.length
            } else if (one.do === 'garbage') {
              expect((await world.send(ingest, '/v1/batch', '[{]')).status).toBe(400)
              sent += 1
            } else if (one.do === 'fault') {
              let left = one.times
              world.sabotage = (operation) => (operation === one.step && left-- > 0 ? one.when : undefined)
            } else {
              await ingest.stop({ drainMs: 0 })
              ingest = await world.start({ limits: { batchEvents } })
            }
            await conserved(ingest)
          }
          world.sabotage = () => undefined
          await ingest.idle()
          await conserved(ingest)
          expect((await ingest.measure()).inLog).toBe(0)
          const after = { ...(await totals()), ...(await pick(ingest)) }
          const gained = { received: after.received - before.received, duplicate: after.duplicate - before.duplicate }
          expect(gained.received).toBe(sent)
          expect(after.stored - before.stored).toBe(after.storedByCount - before.storedByCount)
          expect(after.stored - before.stored + (after.failed - before.failed) + gained.duplicate).toBe(sent)
          await ingest.stop()
        }),
        { numRuns: kind.kind === 'local' ? 15 : 5 },
      )
    })

    const pick = async (ingest: Ingest) => {
      const { received, duplicate, stored } = await ingest.measure()
      return { received, duplicate, storedByCount: stored }
    }
  })
})
