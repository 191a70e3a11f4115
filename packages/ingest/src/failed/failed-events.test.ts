import { describe, expect, it } from 'vitest'
import { sabotagedAnalytics, type World } from '../world.fixture.ts'
import { bad, openDesk, workspace } from './desk.fixture.ts'

const desk = openDesk()
const faulty = () => {
  throw new Error('a fault of the policy')
}

describe('a failed event', () => {
  it('is corrected beside the original and replayed: it keeps its receipt, and counts as stored from then on', async () => {
    await desk.send('/v1/track', { event: '', messageId: 'fix-1', userId: 'fixed', timestamp: '2026-02-01T00:00:00Z' })
    await desk.ingest.idle()
    const received = desk.world.now
    const before = desk.ingest.stats()
    desk.world.now = new Date(desk.world.now.getTime() + 86_400_000)
    const { id, payload } = await desk.find('fix-1')
    expect(JSON.parse(payload)).toMatchObject({ type: 'track', event: '' })
    const corrected = payload.replace('"event":""', '"event":"Repaired"')
    expect(await desk.failed.correct({ workspace, id, payload: corrected, actor: 'an' })).toMatchObject({ event: { step: 1, actor: 'an' } })
    expect(await desk.failed.replay({ workspace, id })).toEqual({ attempt: 1 })
    await desk.ingest.idle()
    expect(await desk.stored('fixed')).toMatchObject([
      { name: 'Repaired', messageId: 'fix-1', receivedAt: received, timestamp: new Date('2026-02-01T00:00:00Z') },
    ])
    const after = desk.ingest.stats()
    expect({ ...after, position: 0, end: 0, logBytes: 0, batches: 0 }).toEqual({
      ...before,
      ...{ stored: before.stored + 1, failed: before.failed - 1, position: 0, end: 0, logBytes: 0, batches: 0 },
    })
    const history = await desk.world.analytics.in(workspace).failedEvent(id)
    expect(history.map(({ state, actor, payload: text }) => [state, actor, text])).toEqual([
      ['replayed', '', ''],
      ['open', 'an', corrected],
      ['open', '', payload],
    ])
    expect(await desk.failed.replay({ workspace, id })).toEqual({ not: 'settled' })
    expect(await desk.failed.correct({ workspace, id, payload: '{}', actor: 'an' })).toEqual({ not: 'settled' })
    expect(await desk.failed.discard({ workspace, id: 'nobody', actor: 'an' })).toEqual({ not: 'unknown' })
  })

  it('that fails again is the same one, one attempt later', async () => {
    await desk.send('/v1/track', bad('again-1', 'again'))
    await desk.ingest.idle()
    const first = await desk.find('again-1')
    const before = desk.ingest.stats()
    await desk.failed.replay({ workspace, id: first.id })
    await desk.ingest.idle()
    expect(await desk.find('again-1')).toMatchObject({
      id: first.id,
      attempt: 1,
      state: 'open',
      payload: first.payload,
      receivedAt: first.receivedAt,
    })
    await desk.failed.correct({
      workspace,
      id: first.id,
      payload: '{"type":"track","event":"x","messageId":"again-1","timestamp":"never"}',
      actor: '',
    })
    await desk.failed.replay({ workspace, id: first.id })
    await desk.ingest.idle()
    expect(await desk.find('again-1')).toMatchObject({ attempt: 2, code: 'INVALID_TIMESTAMP' })
    expect(desk.ingest.stats()).toMatchObject({ received: before.received, failed: before.failed, stored: before.stored })
  })

  it('is stored once, however often and by however many it is replayed at once', async () => {
    await desk.send('/v1/track', bad('once-1', 'once'))
    await desk.ingest.idle()
    const { id, payload } = await desk.find('once-1')
    await desk.failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Once"'), actor: '' })
    const before = desk.ingest.stats()
    await Promise.all(Array.from({ length: 5 }, () => desk.failed.replay({ workspace, id })))
    const replay = await desk.failed.replayAll({ workspace, filter: { code: 'INVALID_EVENT_NAME' }, actor: 'an' })
    await desk.ingest.idle()
    await desk.done(replay.id)
    expect(await desk.stored('once')).toHaveLength(1)
    expect(desk.ingest.stats()).toMatchObject({ received: before.received, stored: before.stored + 1, failed: before.failed - 1 })
  })

  it('whose sender sent it again in the meantime is a duplicate', async () => {
    await desk.send('/v1/track', bad('meantime-1', 'meantime'))
    await desk.ingest.idle()
    const before = desk.ingest.stats()
    await desk.send('/v1/track', { event: 'Right', messageId: 'meantime-1', userId: 'meantime' })
    await desk.ingest.idle()
    const { id, payload } = await desk.find('meantime-1')
    await desk.failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Wrong"'), actor: '' })
    await desk.failed.replay({ workspace, id })
    await desk.ingest.idle()
    expect(await desk.stored('meantime')).toMatchObject([{ name: 'Right' }])
    expect((await desk.list({ state: 'duplicate' })).map((one) => one.id)).toEqual([id])
    expect(desk.ingest.stats()).toMatchObject({ failed: before.failed - 1, duplicate: before.duplicate + 1, stored: before.stored + 1 })
  })

  describe('whose sender sent it again, but the dedup window has forgotten both', () => {
    const DAY_MS = 86_400_000
    const later = async (days: number, window = 7): Promise<void> => {
      desk.world.now = new Date(desk.world.now.getTime() + days * DAY_MS)
      await desk.world.store.ingest.forget({ olderThanDays: window })
    }
    const replayed = async (id: string) => {
      const before = desk.ingest.stats()
      await desk.failed.replay({ workspace, id })
      await desk.ingest.idle()
      const { received, stored: s, duplicate, failed: f } = desk.ingest.stats()
      return {
        received: received - before.received,
        stored: s - before.stored,
        duplicate: duplicate - before.duplicate,
        failed: f - before.failed,
      }
    }

    it('is a duplicate', async () => {
      await desk.send('/v1/track', bad('old-1', 'old'))
      await desk.send('/v1/track', { event: 'Right', messageId: 'old-1', userId: 'old' })
      await desk.ingest.idle()
      const { id, payload } = await desk.find('old-1')
      await desk.failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Old"'), actor: '' })
      await later(9)
      expect(await replayed(id)).toEqual({ received: 0, stored: 0, duplicate: 1, failed: -1 })
      expect(await desk.stored('old')).toMatchObject([{ name: 'Right' }])
      expect(await desk.world.analytics.in(workspace).failedEvent(id)).toMatchObject([{ state: 'duplicate' }, {}, {}])
    })

    it('is a duplicate also where the window was shorter for a while', async () => {
      await desk.send('/v1/track', bad('short-1', 'short'))
      await desk.send('/v1/track', { event: 'Right', messageId: 'short-1', userId: 'short' })
      await desk.ingest.idle()
      const { id, payload } = await desk.find('short-1')
      await desk.failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Old"'), actor: '' })
      await later(3, 1)
      await later(0, 30)
      expect(await replayed(id)).toEqual({ received: 0, stored: 0, duplicate: 1, failed: -1 })
      expect(await desk.stored('short')).toMatchObject([{ name: 'Right' }])
    })

    it('is a duplicate also where it had claimed its message id itself', async () => {
      await desk.failed.stop()
      await desk.ingest.stop()
      desk.ingest = await desk.world.start({ identity: { types: [], plan: faulty } })
      await desk.send('/v1/track', { event: 'First', messageId: 'old-2', userId: 'old-2' })
      await desk.ingest.idle()
      const { id } = await desk.find('old-2')
      await desk.ingest.stop()
      desk.ingest = await desk.world.start()
      desk.failed = desk.open(desk.ingest)
      await later(9)
      await desk.send('/v1/track', { event: 'Again', messageId: 'old-2', userId: 'old-2' })
      // Its log has both at once.
      expect(await replayed(id)).toMatchObject({ duplicate: 1, failed: -1 })
      expect(await desk.stored('old-2')).toMatchObject([{ name: 'Again' }])
    })

    describe('and the look-up comes to its limit', () => {
      /** Looks up in the engine as long as it may; a look-up by batch has an index, and always may. */
      const limited = async (isTooMuch: () => boolean) => {
        await desk.failed.stop()
        await desk.ingest.stop()
        const analytics: World['analytics'] = {
          ...sabotagedAnalytics(desk.world.analytics, () => desk.world.sabotage),
          in: (name) => {
            const read = desk.world.analytics.in(name)
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
        desk.ingest = await desk.world.start({ analytics })
        await desk.ingest.idle()
        desk.failed = desk.open(desk.ingest)
      }
      const repaired = async (messageId: string) => {
        const { id, payload } = await desk.find(messageId)
        await desk.failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Old"'), actor: '' })
        return id
      }

      it('fails again by itself, and is what it is once there is time', async () => {
        for (const name of ['slow-1', 'slow-2']) await desk.send('/v1/track', bad(name, name))
        await desk.send('/v1/track', { event: 'Right', messageId: 'slow-1', userId: 'slow-1' })
        await desk.ingest.idle()
        const ids = [await repaired('slow-1'), await repaired('slow-2')] as const
        await later(9)
        let isTooMuch = true
        await limited(() => isTooMuch)
        const before = desk.ingest.stats()
        await Promise.all([
          ...ids.map((id) => desk.failed.replay({ workspace, id })),
          desk.send('/v1/track', { event: 'Now', messageId: 'slow-3', userId: 'slow-3' }),
        ])
        await desk.ingest.idle()
        expect(await desk.stored('slow-3')).toMatchObject([{ name: 'Now' }])
        expect(await desk.stored('slow-2')).toEqual([])
        for (const name of ['slow-1', 'slow-2'])
          expect(await desk.find(name)).toMatchObject({ state: 'open', stage: 'write', code: 'NOT_LOOKED_UP', attempt: 1, format: 'event' })
        expect(desk.ingest.stats()).toMatchObject({ received: before.received + 1, stored: before.stored + 1, failed: before.failed })
        isTooMuch = false
        expect(await replayed(ids[0])).toEqual({ received: 0, stored: 0, duplicate: 1, failed: -1 })
        expect(await replayed(ids[1])).toEqual({ received: 0, stored: 1, duplicate: 0, failed: -1 })
        expect(await desk.stored('slow-1')).toMatchObject([{ name: 'Right' }])
        expect(await desk.stored('slow-2')).toMatchObject([{ name: 'Old' }])
      })

      it.each([
        ['after', 'insertFailed', 1],
        ['before', 'insertRows', 2],
      ] as const)('is stored once where there was time only %s its batch broke off at %s', async (_when, step, slow) => {
        const name = `breaks-${slow}`
        await desk.send('/v1/track', bad(name, name))
        await desk.ingest.idle()
        const id = await repaired(name)
        await later(9)
        let looks = 0
        await limited(() => ++looks === slow)
        let left = 1
        desk.world.sabotage = (operation) => (operation === step && left-- > 0 ? 'after' : undefined)
        expect(await replayed(id)).toEqual({ received: 0, stored: 1, duplicate: 0, failed: -1 })
        expect(looks).toBe(2)
        expect(await desk.stored(name)).toHaveLength(1)
        expect(await desk.world.analytics.in(workspace).failedEvent(id)).toMatchObject([
          { state: 'replayed' },
          ...[{}, {}, {}].slice(slow - 1),
        ])
      })
    })

    it('is stored once when nobody sent it again, and its batch is written twice', async () => {
      await desk.send('/v1/track', bad('old-3', 'old-3'))
      await desk.ingest.idle()
      const { id, payload } = await desk.find('old-3')
      await desk.failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Old"'), actor: '' })
      await later(9)
      let left = 2
      desk.world.sabotage = (operation) => (operation === 'insertFailed' && left-- > 0 ? 'after' : undefined)
      expect(await replayed(id)).toEqual({ received: 0, stored: 1, duplicate: 0, failed: -1 })
      expect(await desk.stored('old-3')).toHaveLength(1)
    })
  })

  it('of which not all is kept is not replayed before it is corrected', async () => {
    await desk.send('/v1/track', { ...bad('cut-1', 'cut'), event: 'Cut', properties: { text: 'x'.repeat(70_000) } })
    await desk.ingest.idle()
    const { id, cut, payload, code } = await desk.find('cut-1')
    expect([code, cut, payload.at(-1)]).toEqual(['EVENT_TOO_LARGE', true, '…'])
    expect(await desk.failed.replay({ workspace, id })).toEqual({ not: 'cut' })
    const replay = await desk.failed.replayAll({ workspace, filter: { text: 'cut-1' }, actor: 'an' })
    expect(await desk.done(replay.id)).toMatchObject({ found: 1, queued: 0 })
    const whole = JSON.stringify({ ...bad('cut-1', 'cut'), event: 'Whole' })
    const corrected = await desk.failed.correct({ workspace, id, payload: whole, actor: 'an' })
    expect('event' in corrected && 'cut' in corrected.event).toBe(false)
    expect(await desk.failed.replay({ workspace, id })).toEqual({ attempt: 1 })
    await desk.ingest.idle()
    expect(await desk.stored('cut')).toMatchObject([{ name: 'Whole' }])
  })

  it('that is sent again and refused again is one, and a duplicate', async () => {
    const before = desk.ingest.stats()
    const sent = [bad('retry-1', 'retry'), { ...bad('retry-1', 'retry'), event: 7 }, bad('retry-2', 'retry')]
    for (const event of sent) await desk.send('/v1/track', event)
    // Of what has no id nobody can tell, nor of what has one that is not kept as it came.
    const [nameless, long] = [{ type: 'track', event: '' }, bad('x'.repeat(300), 'retry')]
    await desk.send('/v1/batch', { batch: [nameless, nameless, long, long] })
    await desk.ingest.idle()
    const after = desk.ingest.stats()
    const moved = {
      received: after.received - before.received,
      failed: after.failed - before.failed,
      duplicate: after.duplicate - before.duplicate,
    }
    expect(moved).toEqual({ received: 7, failed: 6, duplicate: 1 })
    expect((await desk.find('retry-1')).code).toBe('INVALID_EVENT_NAME')
    // Neither repaired nor under an id that looks like that of a refusal is it a duplicate.
    for (const messageId of ['retry-1', 'refused retry-2', `${'refused '.padEnd(248)}retry-2`])
      await desk.send('/v1/track', { event: 'Right', messageId, userId: 'retried' })
    await desk.ingest.idle()
    expect(await desk.stored('retried')).toHaveLength(3)
  })

  it('behind the log is written as an event, and replayed as one', async () => {
    await desk.failed.stop()
    await desk.ingest.stop()
    desk.ingest = await desk.world.start({ identity: { types: [], plan: faulty } })
    await desk.send('/v1/track', { event: 'Later', messageId: 'later-1', userId: 'later' })
    await desk.ingest.idle()
    const { id, stage, format, payload } = await desk.find('later-1')
    expect([stage, format]).toEqual(['identity', 'event'])
    expect(JSON.parse(payload)).toMatchObject({ messageId: 'later-1', name: 'Later', timestamp: desk.world.now.toISOString() })
    await desk.ingest.stop()
    desk.ingest = await desk.world.start()
    desk.failed = desk.open(desk.ingest)
    expect(await desk.failed.replay({ workspace, id })).toEqual({ attempt: 1 })
    await desk.ingest.idle()
    expect(await desk.stored('later')).toMatchObject([{ messageId: 'later-1', name: 'Later' }])
  })

  it('of which consent forbids to keep anything by now is dropped, with all that was kept until then', async () => {
    await desk.send('/v1/track', { ...bad('shy-1', 'shy'), properties: { secret: 'a-secret' } })
    await desk.send('/v1/track', { event: 'No', messageId: 'shy-2', userId: 'shy', context: { consent: { collect: false } } })
    await desk.ingest.idle()
    const { id, payload } = await desk.find('shy-1')
    await desk.failed.correct({ workspace, id, payload: payload.replace('"event":""', '"event":"Shy"'), actor: '' })
    const before = desk.ingest.stats()
    desk.world.now = new Date(desk.world.now.getTime() + 60_000)
    await desk.failed.replay({ workspace, id })
    await desk.ingest.idle()
    expect(await desk.stored('shy')).toEqual([])
    const history = await desk.world.analytics.in(workspace).failedEvent(id)
    expect(history[0]).toMatchObject({ state: 'dropped', stage: 'consent' })
    expect(JSON.stringify(history)).not.toMatch(/a-secret|shy-1/)
    expect(desk.ingest.stats()).toMatchObject({ failed: before.failed - 1, dropped: before.dropped + 1, stored: before.stored })
  })
})
