import type { FailedEvent, FailedEventsFilter } from '@tenon/analytics'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LogUnreachable, LogWriteFailed } from '../errors.ts'
import type { Ingest } from '../ingest.ts'
import { createWorld, quiet, sabotagedAnalytics, type World } from '../world.fixture.ts'
import { createFailedEvents, type FailedEvents } from './failed-events.ts'

const workspace = 'shop'
let world: World
let ingest: Ingest
let failed: FailedEvents
const open = (over: Pick<Ingest, 'replay' | 'idle'>, tries = 1_000): FailedEvents =>
  createFailedEvents({
    store: world.store,
    analytics: world.analytics,
    ingest: over,
    clock: { now: () => new Date(world.now) },
    logger: quiet,
    patience: { pauseMs: 5, tries },
  })

beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  ingest = await world.start()
  await ingest.idle()
  failed = open(ingest)
  failed.start()
})
afterEach(async () => {
  world.sabotage = () => undefined
  await failed.stop()
  await ingest.stop({ drainMs: 0 })
})

const list = async (filter: object = {}): Promise<readonly FailedEvent[]> =>
  (await world.analytics.in(workspace).failedEvents({ limit: 1_000, ...filter })).rows
const find = async (messageId: string): Promise<FailedEvent> => {
  const found = (await list()).find((one) => one.messageId === messageId)
  if (found === undefined) throw new Error(`no failed event ${messageId}`)
  return found
}
const send = (path: string, body: object) => world.send(ingest, path, body)
const stored = async (userId: string) => {
  const profile = await world.store.in(workspace).profiles.find({ type: 'user_id', value: userId })
  return profile === undefined ? [] : (await world.analytics.in(workspace).events({ profile, limit: 1_000 })).rows
}
const sum = ({ stored: s, duplicate, failed: f, dropped, inLog }: ReturnType<Ingest['stats']>) => s + duplicate + f + dropped + inLog
const faulty = () => {
  throw new Error('a fault of the policy')
}
const bad = (messageId: string, userId: string) => ({ type: 'track', event: '', messageId, userId, properties: { total: 3 } })

describe('a failed event', () => {
  it('is corrected beside the original and replayed: it keeps its receipt, and counts as stored from then on', async () => {
    await send('/v1/track', { event: '', messageId: 'fix-1', userId: 'fixed', timestamp: '2026-02-01T00:00:00Z' })
    await ingest.idle()
    const received = world.now
    const before = ingest.stats()
    world.now = new Date(world.now.getTime() + 86_400_000)
    const { id, payload } = await find('fix-1')
    expect(JSON.parse(payload)).toMatchObject({ type: 'track', event: '' })
    const corrected = payload.replace('"event":""', '"event":"Repaired"')
    expect(await failed.correct({ workspace, id, payload: corrected, actor: 'an' })).toMatchObject({ event: { step: 1, actor: 'an' } })
    expect(await failed.replay({ workspace, id })).toEqual({ attempt: 1 })
    await ingest.idle()
    expect(await stored('fixed')).toMatchObject([
      { name: 'Repaired', messageId: 'fix-1', receivedAt: received, timestamp: new Date('2026-02-01T00:00:00Z') },
    ])
    const after = ingest.stats()
    expect({ ...after, position: 0, end: 0, logBytes: 0, batches: 0 }).toEqual({
      ...before,
      ...{ stored: before.stored + 1, failed: before.failed - 1, position: 0, end: 0, logBytes: 0, batches: 0 },
    })
    const history = await world.analytics.in(workspace).failedEvent(id)
    expect(history.map(({ state, actor, payload: text }) => [state, actor, text])).toEqual([
      ['replayed', '', ''],
      ['open', 'an', corrected],
      ['open', '', payload],
    ])
    expect(await failed.replay({ workspace, id })).toEqual({ not: 'settled' })
    expect(await failed.correct({ workspace, id, payload: '{}', actor: 'an' })).toEqual({ not: 'settled' })
    expect(await failed.discard({ workspace, id: 'nobody', actor: 'an' })).toEqual({ not: 'unknown' })
  })

  it('that fails again is the same one, one attempt later', async () => {
    await send('/v1/track', bad('again-1', 'again'))
    await ingest.idle()
    const first = await find('again-1')
    const before = ingest.stats()
    await failed.replay({ workspace, id: first.id })
    await ingest.idle()
    expect(await find('again-1')).toMatchObject({
      id: first.id,
      attempt: 1,
      state: 'open',
      payload: first.payload,
      receivedAt: first.receivedAt,
    })
    await failed.correct({
      workspace,
      id: first.id,
      payload: '{"type":"track","event":"x","messageId":"again-1","timestamp":"never"}',
      actor: '',
    })
    await failed.replay({ workspace, id: first.id })
    await ingest.idle()
    expect(await find('again-1')).toMatchObject({ attempt: 2, code: 'INVALID_TIMESTAMP' })
    expect(ingest.stats()).toMatchObject({ received: before.received, failed: before.failed, stored: before.stored })
  })

  it('is stored once, however often and by however many it is replayed at once', async () => {
    await send('/v1/track', bad('once-1', 'once'))
    await ingest.idle()
    const { id, payload } = await find('once-1')
    await failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Once"'), actor: '' })
    const before = ingest.stats()
    await Promise.all(Array.from({ length: 5 }, () => failed.replay({ workspace, id })))
    const replay = await failed.replayAll({ workspace, filter: { code: 'INVALID_EVENT_NAME' }, actor: 'an' })
    await ingest.idle()
    await done(replay.id)
    expect(await stored('once')).toHaveLength(1)
    expect(ingest.stats()).toMatchObject({ received: before.received, stored: before.stored + 1, failed: before.failed - 1 })
  })

  it('whose sender sent it again in the meantime is a duplicate', async () => {
    await send('/v1/track', bad('meantime-1', 'meantime'))
    await ingest.idle()
    const before = ingest.stats()
    await send('/v1/track', { event: 'Right', messageId: 'meantime-1', userId: 'meantime' })
    await ingest.idle()
    const { id, payload } = await find('meantime-1')
    await failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Wrong"'), actor: '' })
    await failed.replay({ workspace, id })
    await ingest.idle()
    expect(await stored('meantime')).toMatchObject([{ name: 'Right' }])
    expect((await list({ state: 'duplicate' })).map((one) => one.id)).toEqual([id])
    expect(ingest.stats()).toMatchObject({ failed: before.failed - 1, duplicate: before.duplicate + 1, stored: before.stored + 1 })
  })

  describe('whose sender sent it again, but the dedup window has forgotten both', () => {
    const DAY_MS = 86_400_000
    const later = async (days: number, window = 7): Promise<void> => {
      world.now = new Date(world.now.getTime() + days * DAY_MS)
      await world.store.ingest.forget({ olderThanDays: window })
    }
    const replayed = async (id: string) => {
      const before = ingest.stats()
      await failed.replay({ workspace, id })
      await ingest.idle()
      const { received, stored: s, duplicate, failed: f } = ingest.stats()
      return {
        received: received - before.received,
        stored: s - before.stored,
        duplicate: duplicate - before.duplicate,
        failed: f - before.failed,
      }
    }

    it('is a duplicate', async () => {
      await send('/v1/track', bad('old-1', 'old'))
      await send('/v1/track', { event: 'Right', messageId: 'old-1', userId: 'old' })
      await ingest.idle()
      const { id, payload } = await find('old-1')
      await failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Old"'), actor: '' })
      await later(9)
      expect(await replayed(id)).toEqual({ received: 0, stored: 0, duplicate: 1, failed: -1 })
      expect(await stored('old')).toMatchObject([{ name: 'Right' }])
      expect(await world.analytics.in(workspace).failedEvent(id)).toMatchObject([{ state: 'duplicate' }, {}, {}])
    })

    it('is a duplicate also where the window was shorter for a while', async () => {
      await send('/v1/track', bad('short-1', 'short'))
      await send('/v1/track', { event: 'Right', messageId: 'short-1', userId: 'short' })
      await ingest.idle()
      const { id, payload } = await find('short-1')
      await failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Old"'), actor: '' })
      await later(3, 1)
      await later(0, 30)
      expect(await replayed(id)).toEqual({ received: 0, stored: 0, duplicate: 1, failed: -1 })
      expect(await stored('short')).toMatchObject([{ name: 'Right' }])
    })

    it('is a duplicate also where it had claimed its message id itself', async () => {
      await failed.stop()
      await ingest.stop()
      ingest = await world.start({ identity: { types: [], plan: faulty } })
      await send('/v1/track', { event: 'First', messageId: 'old-2', userId: 'old-2' })
      await ingest.idle()
      const { id } = await find('old-2')
      await ingest.stop()
      ingest = await world.start()
      failed = open(ingest)
      await later(9)
      await send('/v1/track', { event: 'Again', messageId: 'old-2', userId: 'old-2' })
      // Its log has both at once.
      expect(await replayed(id)).toMatchObject({ duplicate: 1, failed: -1 })
      expect(await stored('old-2')).toMatchObject([{ name: 'Again' }])
    })

    describe('and the look-up comes to its limit', () => {
      /** Looks up in the engine as long as it may; a look-up by batch has an index, and always may. */
      const limited = async (isTooMuch: () => boolean) => {
        await failed.stop()
        await ingest.stop()
        const analytics: World['analytics'] = {
          ...sabotagedAnalytics(world.analytics, () => world.sabotage),
          in: (name) => {
            const read = world.analytics.in(name)
            return {
              ...read,
              storedMessages: async (request) => {
                if (request.batch === undefined && isTooMuch())
                  throw Object.assign(new Error('too slow'), { code: 'TENON_ANALYTICS_LIMIT' })
                return read.storedMessages(request)
              },
            }
          },
        }
        ingest = await world.start({ analytics })
        await ingest.idle()
        failed = open(ingest)
      }
      const repaired = async (messageId: string) => {
        const { id, payload } = await find(messageId)
        await failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Old"'), actor: '' })
        return id
      }

      it('fails again by itself, and is what it is once there is time', async () => {
        for (const name of ['slow-1', 'slow-2']) await send('/v1/track', bad(name, name))
        await send('/v1/track', { event: 'Right', messageId: 'slow-1', userId: 'slow-1' })
        await ingest.idle()
        const ids = [await repaired('slow-1'), await repaired('slow-2')] as const
        await later(9)
        let isTooMuch = true
        await limited(() => isTooMuch)
        const before = ingest.stats()
        await Promise.all([
          ...ids.map((id) => failed.replay({ workspace, id })),
          send('/v1/track', { event: 'Now', messageId: 'slow-3', userId: 'slow-3' }),
        ])
        await ingest.idle()
        expect(await stored('slow-3')).toMatchObject([{ name: 'Now' }])
        expect(await stored('slow-2')).toEqual([])
        for (const name of ['slow-1', 'slow-2'])
          expect(await find(name)).toMatchObject({ state: 'open', stage: 'write', code: 'NOT_LOOKED_UP', attempt: 1, format: 'event' })
        expect(ingest.stats()).toMatchObject({ received: before.received + 1, stored: before.stored + 1, failed: before.failed })
        isTooMuch = false
        expect(await replayed(ids[0])).toEqual({ received: 0, stored: 0, duplicate: 1, failed: -1 })
        expect(await replayed(ids[1])).toEqual({ received: 0, stored: 1, duplicate: 0, failed: -1 })
        expect(await stored('slow-1')).toMatchObject([{ name: 'Right' }])
        expect(await stored('slow-2')).toMatchObject([{ name: 'Old' }])
      })

      it.each([
        ['after', 'insertFailed', 1],
        ['before', 'insertRows', 2],
      ] as const)('is stored once where there was time only %s its batch broke off at %s', async (_when, step, slow) => {
        const name = `breaks-${slow}`
        await send('/v1/track', bad(name, name))
        await ingest.idle()
        const id = await repaired(name)
        await later(9)
        let looks = 0
        await limited(() => ++looks === slow)
        let left = 1
        world.sabotage = (operation) => (operation === step && left-- > 0 ? 'after' : undefined)
        expect(await replayed(id)).toEqual({ received: 0, stored: 1, duplicate: 0, failed: -1 })
        expect(looks).toBe(2)
        expect(await stored(name)).toHaveLength(1)
        expect(await world.analytics.in(workspace).failedEvent(id)).toMatchObject([{ state: 'replayed' }, ...[{}, {}, {}].slice(slow - 1)])
      })
    })

    it('is stored once when nobody sent it again, and its batch is written twice', async () => {
      await send('/v1/track', bad('old-3', 'old-3'))
      await ingest.idle()
      const { id, payload } = await find('old-3')
      await failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Old"'), actor: '' })
      await later(9)
      let left = 2
      world.sabotage = (operation) => (operation === 'insertFailed' && left-- > 0 ? 'after' : undefined)
      expect(await replayed(id)).toEqual({ received: 0, stored: 1, duplicate: 0, failed: -1 })
      expect(await stored('old-3')).toHaveLength(1)
    })
  })

  it('of which not all is kept is not replayed before it is corrected', async () => {
    await send('/v1/track', { ...bad('cut-1', 'cut'), event: 'Cut', properties: { text: 'x'.repeat(70_000) } })
    await ingest.idle()
    const { id, cut, payload, code } = await find('cut-1')
    expect([code, cut, payload.at(-1)]).toEqual(['EVENT_TOO_LARGE', true, '…'])
    expect(await failed.replay({ workspace, id })).toEqual({ not: 'cut' })
    const replay = await failed.replayAll({ workspace, filter: { text: 'cut-1' }, actor: 'an' })
    expect(await done(replay.id)).toMatchObject({ found: 1, queued: 0 })
    const whole = JSON.stringify({ ...bad('cut-1', 'cut'), event: 'Whole' })
    const corrected = await failed.correct({ workspace, id, payload: whole, actor: 'an' })
    expect('event' in corrected && 'cut' in corrected.event).toBe(false)
    expect(await failed.replay({ workspace, id })).toEqual({ attempt: 1 })
    await ingest.idle()
    expect(await stored('cut')).toMatchObject([{ name: 'Whole' }])
  })

  it('that is sent again and refused again is one, and a duplicate', async () => {
    const before = ingest.stats()
    const sent = [bad('retry-1', 'retry'), { ...bad('retry-1', 'retry'), event: 7 }, bad('retry-2', 'retry')]
    for (const event of sent) await send('/v1/track', event)
    // Of what has no id nobody can tell, nor of what has one that is not kept as it came.
    const [nameless, long] = [{ type: 'track', event: '' }, bad('x'.repeat(300), 'retry')]
    await send('/v1/batch', { batch: [nameless, nameless, long, long] })
    await ingest.idle()
    const after = ingest.stats()
    const moved = {
      received: after.received - before.received,
      failed: after.failed - before.failed,
      duplicate: after.duplicate - before.duplicate,
    }
    expect(moved).toEqual({ received: 7, failed: 6, duplicate: 1 })
    expect((await find('retry-1')).code).toBe('INVALID_EVENT_NAME')
    // Neither repaired nor under an id that looks like that of a refusal is it a duplicate.
    for (const messageId of ['retry-1', 'refused retry-2', `${'refused '.padEnd(248)}retry-2`])
      await send('/v1/track', { event: 'Right', messageId, userId: 'retried' })
    await ingest.idle()
    expect(await stored('retried')).toHaveLength(3)
  })

  it('behind the log is written as an event, and replayed as one', async () => {
    await failed.stop()
    await ingest.stop()
    ingest = await world.start({ identity: { types: [], plan: faulty } })
    await send('/v1/track', { event: 'Later', messageId: 'later-1', userId: 'later' })
    await ingest.idle()
    const { id, stage, format, payload } = await find('later-1')
    expect([stage, format]).toEqual(['identity', 'event'])
    expect(JSON.parse(payload)).toMatchObject({ messageId: 'later-1', name: 'Later', timestamp: world.now.toISOString() })
    await ingest.stop()
    ingest = await world.start()
    failed = open(ingest)
    expect(await failed.replay({ workspace, id })).toEqual({ attempt: 1 })
    await ingest.idle()
    expect(await stored('later')).toMatchObject([{ messageId: 'later-1', name: 'Later' }])
  })

  it('of which consent forbids to keep anything by now is dropped, with all that was kept until then', async () => {
    await send('/v1/track', { ...bad('shy-1', 'shy'), properties: { secret: 'a-secret' } })
    await send('/v1/track', { event: 'No', messageId: 'shy-2', userId: 'shy', context: { consent: { collect: false } } })
    await ingest.idle()
    const { id, payload } = await find('shy-1')
    await failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Shy"'), actor: '' })
    const before = ingest.stats()
    world.now = new Date(world.now.getTime() + 60_000)
    await failed.replay({ workspace, id })
    await ingest.idle()
    expect(await stored('shy')).toEqual([])
    const history = await world.analytics.in(workspace).failedEvent(id)
    expect(history[0]).toMatchObject({ state: 'dropped', stage: 'consent' })
    expect(JSON.stringify(history)).not.toMatch(/a-secret|shy-1/)
    expect(ingest.stats()).toMatchObject({ failed: before.failed - 1, dropped: before.dropped + 1, stored: before.stored })
  })
})

const done = async (id: string, over: World = world) => {
  for (let time = 0; time < 400; time++) {
    const replay = await over.store.in(workspace).replays.get(id)
    if (replay?.state === 'done') return replay
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('the replay has no end')
}

describe('a replay of many', () => {
  it('does what its filter selects, tells what became of each, and goes on after it was cut off at any point', {
    timeout: 120_000,
  }, async () => {
    const many = 1_000
    const event = (index: number) => ({
      type: 'track',
      event: index % 3 === 0 ? '' : 7,
      messageId: `many-${index}`,
      userId: `many-${index % 20}`,
      properties: { index },
    })
    for (let from = 0; from < many; from += 500) {
      await send('/v1/batch', { batch: Array.from({ length: 500 }, (_, index) => event(from + index)) })
    }
    await ingest.idle()
    const found = (await list({ text: '"index"' })).length
    expect(found).toBe(many)
    const before = ingest.stats()
    // Some of those that are replayed first are corrected.
    const wrong = (await list({ text: '"index"', order: 'oldest' })).filter(({ payload }) => payload.includes('"event":""')).slice(0, 40)
    for (const { id, payload } of wrong)
      await failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Many"'), actor: 'an' })
    const corrected = wrong.length
    await failed.stop()
    const replay = await failed.replayAll({ workspace, filter: { text: '"index"' }, actor: 'an' })
    expect(replay.found).toBe(many)
    for (const step of ['openBatch', 'insertRows', 'insertFailed', 'closeBatch'] as const) {
      failed = open(ingest)
      let struck = 0
      // All the time: so there is something left to strike at for the step behind it.
      world.sabotage = (operation) => (operation === step && ++struck > 0 ? 'after' : undefined)
      failed.start()
      await expect.poll(() => struck, { message: step, timeout: 20_000 }).toBeGreaterThan(0)
      await expect.poll(() => ingest.stats().received).toBe(before.received)
      for (let time = 0; time < 10; time++) {
        const stats = ingest.stats()
        expect(sum(stats)).toBe(stats.received)
        expect(stats.received).toBe(before.received)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      await failed.stop()
      await ingest.stop({ drainMs: 0 })
      ingest = await world.start()
    }
    world.sabotage = () => undefined
    failed = open(ingest)
    failed.start()
    const end = await done(replay.id)
    expect(end).toMatchObject({ queued: many, stored: corrected, failed: many - corrected, duplicate: 0, dropped: 0 })
    // What was closed before the last start is known as soon as its worker has looked.
    const moved = async () => {
      const after = await ingest.measure()
      return [after.stored - before.stored, before.failed - after.failed, after.received]
    }
    await expect.poll(moved, { timeout: 10_000 }).toEqual([corrected, corrected, before.received])
    const rest = await world.analytics.in(workspace).countFailedEvents({ text: '"index"', state: 'open' })
    expect(rest.reduce((total, { events }) => total + events, 0)).toBe(many - corrected)
  })

  describe('of which one can not be sent now', () => {
    const resting = Object.assign(new Error('rests'), { code: 'TENON_PLUGIN_CIRCUIT_OPEN' })
    /** Sends, and goes over all of them while there is a fault with one; the attempts that each has had by the end. */
    const attempts = async (prefix: string, fault: () => Error | undefined, tries: number) => {
      await failed.stop()
      for (const index of [0, 1, 2]) await send('/v1/track', bad(`${prefix}-${index}`, prefix))
      await ingest.idle()
      const faulted = open(
        {
          idle: ingest.idle,
          replay: async (request) => {
            const error = request.payload.includes(`${prefix}-1`) ? fault() : undefined
            if (error !== undefined) throw error
            return ingest.replay(request)
          },
        },
        tries,
      )
      faulted.start()
      const replay = await faulted.replayAll({ workspace, filter: { text: prefix }, actor: 'an' })
      const { queued } = await done(replay.id)
      await faulted.stop()
      // Of thousands, all received at one moment, a page has any.
      const rows = await list({ text: prefix })
      const found = [0, 1, 2].map((index) => rows.find(({ messageId }) => messageId === `${prefix}-${index}`)?.attempt)
      return { queued, found }
    }

    it('tries every other one once, and that one as soon as its source is back', async () => {
      let left = 200
      expect(await attempts('rests', () => (left-- > 0 ? resting : undefined), 1_000)).toEqual({ queued: 3, found: [1, 1, 1] })
    })

    it.each([
      ['can not be written', LogWriteFailed.create({ reason: 'it is away' })],
      ['can not be reached', LogUnreachable.create({ doing: 'waiting', reason: 'it is away' })],
    ])('waits for a log that %s, however long that is', async (why, error) => {
      let left = 20
      expect(await attempts(why.replaceAll(' ', '-'), () => (left-- > 0 ? error : undefined), 3)).toEqual({ queued: 3, found: [1, 1, 1] })
    })

    it('comes to its end without one that is never read', async () => {
      expect(await attempts('hangs', () => resting, 3)).toEqual({ queued: 2, found: [1, 0, 1] })
    })
  })

  it('takes what each member of its filter selects, and nothing else', async () => {
    await failed.stop()
    const HOUR_MS = 3_600_000
    const at = (hours: number): Date => new Date(world.now.getTime() - hours * HOUR_MS)
    const one = (id: string, says: Partial<FailedEvent>): FailedEvent => ({
      ...{ id, workspace: 'other', source: 'web', state: 'open', attempt: 0, step: 0, stage: 'accept', code: 'NO', reason: '' },
      ...{ event: 'Order', payload: '{}', format: 'event', receivedAt: at(2), batch: 0, at: at(2), actor: '' },
      ...says,
    })
    const cases: readonly (readonly [id: string, says: Partial<FailedEvent>, filter: FailedEventsFilter])[] = [
      ['stage', { stage: 'plan' }, { stage: 'plan' }],
      ['code', { code: 'OTHER' }, { code: 'OTHER' }],
      ['source', { source: 'app' }, { source: 'app' }],
      ['event', { event: 'Visit' }, { event: 'Visit' }],
      ['text', { payload: '{"a":"needle"}' }, { text: 'needle' }],
      ['from', { receivedAt: at(1) }, { from: at(1) }],
      ['until', { receivedAt: at(3) }, { until: at(2) }],
    ]
    const rows = [one('none', {}), ...cases.map(([id, says]) => one(id, says))]
    await world.analytics.insertFailed(rows, { token: 'by-member' })
    const taken = new Map<string | undefined, string[]>()
    const recording = open({
      idle: ingest.idle,
      async replay({ id, replay }) {
        taken.set(replay, [...(taken.get(replay) ?? []), id])
        return 'durable'
      },
    })
    const { replays } = world.store.in('other')
    const asked: string[] = []
    for (const [id, , filter] of cases) {
      const replay = await recording.replayAll({ workspace: 'other', filter, actor: 'an' })
      expect([id, replay.found]).toEqual([id, 1])
      asked.push(replay.id)
    }
    recording.start()
    await expect.poll(() => replays.running(), { timeout: 10_000 }).toEqual([])
    expect(asked.map((replay) => taken.get(replay))).toEqual(cases.map(([id]) => [id]))
    await recording.stop()
  })

  it('is cancelled, and discards leave nothing open', async () => {
    await failed.stop()
    failed = open(ingest)
    const replay = await failed.replayAll({ workspace, filter: {}, actor: 'an' })
    expect(await world.store.in(workspace).replays.end(replay.id, 'cancelled')).toBe(true)
    expect(await world.store.in(workspace).replays.advance(replay.id, { from: undefined, to: 'x', queued: 1 })).toBe(false)
    expect(await failed.discardAll({ workspace, filter: {}, actor: 'an' })).toBe(replay.found)
    expect(await list({ state: 'open' })).toEqual([])
    expect(await failed.discardAll({ workspace, filter: {}, actor: 'an' })).toBe(0)
  })
})
