import type { FailedEvent, FailedEventsFilter } from '@tenon/analytics'
import { describe, expect, it } from 'vitest'
import { LogUnreachable, LogWriteFailed } from '../errors.ts'
import { bad, openDesk, sum, workspace } from './desk.fixture.ts'

const desk = openDesk()

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
      await desk.send('/v1/batch', { batch: Array.from({ length: 500 }, (_, index) => event(from + index)) })
    }
    await desk.ingest.idle()
    const found = (await desk.list({ text: '"index"' })).length
    expect(found).toBe(many)
    const before = desk.ingest.stats()
    // Some of those that are replayed first are corrected.
    const wrong = (await desk.list({ text: '"index"', order: 'oldest' }))
      .filter(({ payload }) => payload.includes('"event":""'))
      .slice(0, 40)
    for (const { id, payload } of wrong)
      await desk.failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Many"'), actor: 'an' })
    const corrected = wrong.length
    await desk.failed.stop()
    const replay = await desk.failed.replayAll({ workspace, filter: { text: '"index"' }, actor: 'an' })
    expect(replay.found).toBe(many)
    for (const step of ['openBatch', 'insertRows', 'insertFailed', 'closeBatch'] as const) {
      desk.failed = desk.open(desk.ingest)
      let struck = 0
      // All the time: so there is something left to strike at for the step behind it.
      desk.world.sabotage = (operation) => (operation === step && ++struck > 0 ? 'after' : undefined)
      desk.failed.start()
      await expect.poll(() => struck, { message: step, timeout: 20_000 }).toBeGreaterThan(0)
      await expect.poll(() => desk.ingest.stats().received).toBe(before.received)
      for (let time = 0; time < 10; time++) {
        const stats = desk.ingest.stats()
        expect(sum(stats)).toBe(stats.received)
        expect(stats.received).toBe(before.received)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      await desk.failed.stop()
      await desk.ingest.stop({ drainMs: 0 })
      desk.ingest = await desk.world.start()
    }
    desk.world.sabotage = () => undefined
    desk.failed = desk.open(desk.ingest)
    desk.failed.start()
    const end = await desk.done(replay.id)
    expect(end).toMatchObject({ queued: many, stored: corrected, failed: many - corrected, duplicate: 0, dropped: 0 })
    // What was closed before the last start is known as soon as its worker has looked.
    const moved = async () => {
      const after = await desk.ingest.measure()
      return [after.stored - before.stored, before.failed - after.failed, after.received]
    }
    await expect.poll(moved, { timeout: 10_000 }).toEqual([corrected, corrected, before.received])
    const rest = await desk.world.analytics.in(workspace).countFailedEvents({ text: '"index"', state: 'open' })
    expect(rest.reduce((total, { events }) => total + events, 0)).toBe(many - corrected)
  })

  describe('of which one can not be sent now', () => {
    const resting = Object.assign(new Error('rests'), { code: 'TENON_PLUGIN_CIRCUIT_OPEN' })
    /** Sends, and goes over all of them while there is a fault with one; the attempts that each has had by the end. */
    const attempts = async (prefix: string, fault: () => Error | undefined, tries: number) => {
      await desk.failed.stop()
      for (const index of [0, 1, 2]) await desk.send('/v1/track', bad(`${prefix}-${index}`, prefix))
      await desk.ingest.idle()
      const faulted = desk.open(
        {
          idle: desk.ingest.idle,
          replay: async (request) => {
            const error = request.payload.includes(`${prefix}-1`) ? fault() : undefined
            if (error !== undefined) throw error
            return desk.ingest.replay(request)
          },
        },
        tries,
      )
      faulted.start()
      const replay = await faulted.replayAll({ workspace, filter: { text: prefix }, actor: 'an' })
      const { queued } = await desk.done(replay.id)
      await faulted.stop()
      // Of thousands, all received at one moment, a page has any.
      const rows = await desk.list({ text: prefix })
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
    await desk.failed.stop()
    const HOUR_MS = 3_600_000
    const at = (hours: number): Date => new Date(desk.world.now.getTime() - hours * HOUR_MS)
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
    await desk.world.analytics.insertFailed(rows, { token: 'by-member' })
    const taken = new Map<string | undefined, string[]>()
    const recording = desk.open({
      idle: desk.ingest.idle,
      async replay({ id, replay }) {
        taken.set(replay, [...(taken.get(replay) ?? []), id])
        return 'durable'
      },
    })
    const { replays } = desk.world.store.in('other')
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
    await desk.failed.stop()
    desk.failed = desk.open(desk.ingest)
    const replay = await desk.failed.replayAll({ workspace, filter: {}, actor: 'an' })
    expect(await desk.world.store.in(workspace).replays.end(replay.id, 'cancelled')).toBe(true)
    expect(await desk.world.store.in(workspace).replays.advance(replay.id, { from: undefined, to: 'x', queued: 1 })).toBe(false)
    expect(await desk.failed.discardAll({ workspace, filter: {}, actor: 'an' })).toBe(replay.found)
    expect(await desk.list({ state: 'open' })).toEqual([])
    expect(await desk.failed.discardAll({ workspace, filter: {}, actor: 'an' })).toBe(0)
  })
})
