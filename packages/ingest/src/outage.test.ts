import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Ingest } from './ingest.ts'
import { ingestKinds, jetStreamKind, type LogKind } from './log/log-places.fixture.ts'
import { createWorld, type World } from './world.fixture.ts'

async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; !done(); tries++) {
    if (tries > 4_000) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function conserved(ingest: Ingest): Promise<void> {
  const { received, stored, duplicate, failed, dropped, inLog } = await ingest.measure()
  expect(received).toBe(stored + duplicate + failed + dropped + inLog)
}

const track = (messageId: string, userId: string) => ({ type: 'track', event: 'Away', messageId, userId })

async function messagesOf(world: World, userId: string): Promise<readonly string[]> {
  const profile = await world.store.in('shop').profiles.find({ type: 'user_id', value: userId })
  const page = profile === undefined ? { rows: [] } : await world.analytics.in('shop').events({ profile, limit: 1_000 })
  return page.rows.map(({ messageId }) => messageId).sort()
}

function inWorld({ missing, ...kind }: LogKind) {
  let world: World
  beforeAll(async () => {
    if (missing === undefined) world = await createWorld({ ...kind, missing })
  })
  afterAll(() => world?.close())
  afterEach(() => world?.halt())
  return { world: () => world, test: it.skipIf(missing !== undefined) }
}

describe.each(ingestKinds)('stores that are away, behind a $kind log', (kind) => {
  const { world: theWorld, test } = inWorld(kind)

  test('keep nobody from sending, and get everything when they are back', async () => {
    const world = theWorld()
    const ingest = await world.start()
    await until(() => ingest.health().status === 'ok')
    world.sabotage = (operation) => (operation === 'position' ? undefined : 'before')
    for (let index = 0; index < 50; index++) {
      expect((await world.send(ingest, '/v1/track', track(`away-${index}`, 'away'))).status).toBe(200)
    }
    await until(() => ingest.health().status === 'degraded')
    expect(ingest.logHealth()).toEqual({ status: 'ok' })
    await conserved(ingest)
    expect(ingest.stats().inLog).toBe(50)
    world.sabotage = () => undefined
    await ingest.idle()
    await conserved(ingest)
    expect(await messagesOf(world, 'away')).toHaveLength(50)
    await until(() => ingest.health().status === 'ok')
    await ingest.stop()
  })

  test('may go away before the first event is accepted, and stay away over a restart of ingest: keys are looked up all the while', async () => {
    const world = theWorld()
    world.sabotage = () => 'before'
    const ingest = await world.start()
    expect((await world.send(ingest, '/v1/track', track('early-1', 'early'))).status).toBe(200)
    await ingest.stop({ drainMs: 0 })
    world.sabotage = () => undefined
    const again = await world.start()
    await again.idle()
    await conserved(again)
    expect(await messagesOf(world, 'early')).toEqual(['early-1'])
    await again.stop()
  })

  test('leave it open how many events wait, until they can say it', async () => {
    const world = theWorld()
    const before = await world.start()
    world.sabotage = (operation) => (operation === 'position' ? undefined : 'before')
    expect((await world.send(before, '/v1/track', track('waits-1', 'waits'))).status).toBe(200)
    expect(await before.measure()).toMatchObject({ isKnown: true, inLog: 1 })
    await before.stop({ drainMs: 0 })
    world.sabotage = () => 'before'
    const ingest = await world.start()
    expect(ingest.stats().isKnown).toBe(false)
    expect((await ingest.measure()).isKnown).toBe(false)
    world.sabotage = (operation) => (operation === 'position' ? undefined : 'before')
    await expect.poll(() => ingest.measure(), { timeout: 10_000 }).toMatchObject({ isKnown: true, inLog: 1 })
    world.sabotage = () => undefined
    await ingest.idle()
    expect(await ingest.measure()).toMatchObject({ isKnown: true, inLog: 0 })
    await conserved(ingest)
    await ingest.stop()
  })

  test('refuse nobody until the budget is used up, and then lose nothing that was acknowledged', async () => {
    const world = theWorld()
    const before = await world.start()
    await before.idle()
    const { end } = before.stats()
    await before.stop()
    const budgetBytes = kind.kind === 'jetstream' ? 100_000 : end + 100_000
    const ingest = await world.start({ budgetBytes })
    await until(() => ingest.health().status === 'ok')
    world.sabotage = (operation) => (operation === 'position' ? undefined : 'before')
    const kept: string[] = []
    let refused: Response | undefined
    for (let index = 0; refused === undefined && index < 2_000; index++) {
      const messageId = `budget-${String(index).padStart(4, '0')}`
      const response = await world.send(ingest, '/v1/track', track(messageId, 'budget'))
      if (response.status === 200) kept.push(messageId)
      else refused = response
    }
    expect(refused?.status).toBe(429)
    expect(refused?.headers.get('retry-after')).toBe('5')
    expect(kept.length).toBeGreaterThan(100)
    await ingest.measure()
    expect(ingest.logHealth().status).toBe('down')
    world.sabotage = () => undefined
    await ingest.idle()
    await conserved(ingest)
    expect(await messagesOf(world, 'budget')).toEqual(kept)
    expect((await world.send(ingest, '/v1/track', track('budget-last', 'budget'))).status).toBe(200)
    await ingest.idle()
    expect(await messagesOf(world, 'budget')).toHaveLength(kept.length + 1)
    await ingest.stop()
  })

  test('a request that is larger than a message of the log is stored as a whole, once', async () => {
    const world = theWorld()
    const ingest = await world.start()
    const filler = '榫'.repeat(10_000)
    const batch = Array.from({ length: 90 }, (_, index) => ({
      ...track(`large-${String(index).padStart(2, '0')}`, 'large'),
      properties: { filler },
    }))
    const drafts = batch.map(({ messageId, userId, properties }) => ({
      messageId,
      type: 'track' as const,
      name: 'Away',
      identifiers: [{ type: 'user_id', value: userId }],
      properties,
      traits: {},
      context: {},
      timestamp: world.now,
    }))
    const refused = Array.from({ length: 20 }, (_, index) => ({ code: 'TEST', message: `no ${index}`, payload: filler }))
    for (let time = 0; time < 2; time++) {
      expect(await ingest.accept({ workspace: 'shop', source: 'web', drafts, refused })).toMatchObject({
        kind: 'durable',
        accepted: 90,
        refused: 20,
      })
    }
    await ingest.idle()
    await conserved(ingest)
    expect(await messagesOf(world, 'large')).toEqual(batch.map(({ messageId }) => messageId))
    await ingest.stop()
  })
})

describe('a log that is away', () => {
  const { world: theWorld, test } = inWorld(jetStreamKind)

  test('acknowledges nothing, tells clients to come again, and takes up by itself', async () => {
    const world = theWorld()
    const ingest = await world.start()
    expect((await world.send(ingest, '/v1/track', track('nats-0', 'nats'))).status).toBe(200)
    await ingest.idle()
    const restore = await world.cutLog()
    const sent = Array.from({ length: 20 }, (_, index) => world.send(ingest, '/v1/track', track(`nats-${index}`, 'nats')))
    await until(() => ingest.logHealth().status === 'down')
    const answers = await Promise.all(sent)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([429]))
    expect(new Set(answers.map(({ headers }) => headers.get('retry-after')))).toEqual(new Set(['5']))
    await restore()
    await until(() => ingest.health().status === 'ok')
    for (let index = 0; index < 20; index++) {
      expect((await world.send(ingest, '/v1/track', track(`nats-${index}`, 'nats'))).status).toBe(200)
    }
    await ingest.idle()
    await conserved(ingest)
    expect(await messagesOf(world, 'nats')).toHaveLength(20)
    await ingest.stop()
  })

  test('loses nothing that it acknowledged when its server is killed under load', async () => {
    const world = theWorld()
    const ingest = await world.start()
    const kept = new Set<string>()
    let isOver = false
    const senders = Array.from({ length: 8 }, async (_, sender) => {
      for (let index = 0; !isOver; index++) {
        const messageId = `load-${sender}-${index}`
        const { status } = await world.send(ingest, '/v1/track', track(messageId, `load-${sender}`))
        if (status === 200) kept.add(messageId)
      }
    })
    for (let round = 0; round < 3; round++) {
      const before = kept.size
      await until(() => kept.size > before + 50)
      await (await world.cutLog())()
    }
    const before = kept.size
    await until(() => kept.size > before + 50)
    isOver = true
    await Promise.all(senders)
    await ingest.idle()
    await conserved(ingest)
    const found = (await Promise.all(Array.from({ length: 8 }, (_, sender) => messagesOf(world, `load-${sender}`)))).flat()
    expect(new Set(found).size).toBe(found.length)
    expect([...kept].filter((messageId) => !found.includes(messageId))).toEqual([])
    await ingest.stop()
  })
})
