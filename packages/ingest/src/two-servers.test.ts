import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ingest } from './ingest.ts'
import { type LogPlace, logKinds } from './log/log-places.fixture.ts'
import { createWorld, type World } from './world.fixture.ts'

const MESSAGES = 60
const message = (index: number) => ({
  ...{ type: 'track', event: 'Twice', messageId: `twice-${index}` },
  ...{ anonymousId: `guest-${index % 2}`, timestamp: '2026-03-01T11:00:00.000Z' },
})

describe.each(logKinds)('two servers with $kind logs of their own, on one pair of stores', (kind) => {
  let world: World
  let place: LogPlace
  beforeAll(async () => {
    if (kind.missing === undefined) [world, place] = await Promise.all([createWorld(), kind.place()])
  })
  afterAll(() => Promise.all([world?.close(), place?.close()]))

  it.skipIf(kind.missing !== undefined)(
    'store what both are sent once: at once, with another sentAt, after a restart, after a merge',
    async () => {
      const openings = [place.make()(), place.make()()]
      const startBoth = (): Promise<readonly Ingest[]> =>
        Promise.all(openings.map((log) => world.start({ log, limits: { batchEvents: 7 } })))
      let sentAt = Date.parse('2026-03-01T11:00:01.000Z')
      let sent = 0
      const sendBoth = async (servers: readonly Ingest[]): Promise<void> => {
        const send = (index: number): Promise<void>[] =>
          servers.map(async (server) => {
            sentAt += 1_000
            const response = await world.send(server, '/v1/batch', { sentAt: new Date(sentAt).toISOString(), batch: [message(index)] })
            expect(response.status).toBe(200)
            sent += 1
          })
        for (let from = 0; from < MESSAGES; from += 10) await Promise.all(Array.from({ length: 10 }, (_, more) => send(from + more)).flat())
        await Promise.all(servers.map((server) => server.idle()))
      }
      const first = await startBoth()
      await sendBoth(first)
      expect(await world.analytics.in('shop').countEvents()).toBe(MESSAGES)
      await Promise.all(first.map((server) => server.stop()))

      const second = await startBoth()
      await sendBoth(second)
      const [one] = second
      if (one === undefined) throw new Error('a server is missing')
      for (const index of [0, 1]) {
        const merging = { type: 'identify', messageId: `merge-${index}`, userId: 'one-person', anonymousId: `guest-${index}` }
        expect((await world.send(one, '/v1/batch', { batch: [merging] })).status).toBe(200)
      }
      await one.idle()
      await sendBoth(second)

      const profile = (await world.store.in('shop').profiles.find({ type: 'user_id', value: 'one-person' })) ?? 0
      const { rows } = await world.analytics.in('shop').events({ profile, limit: 1_000 })
      const ids = rows.map(({ messageId }) => messageId)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids).toHaveLength(MESSAGES + 2)
      const stats = await Promise.all(second.map((server) => server.measure()))
      const sum = (of: (one: (typeof stats)[number]) => number): number => stats.reduce((total, one) => total + of(one), 0)
      expect(sum(({ received }) => received)).toBe(sent + 2)
      expect(sum(({ stored }) => stored)).toBe(MESSAGES + 2)
      expect(sum(({ duplicate }) => duplicate)).toBe(sent - MESSAGES)
    },
  )
})
