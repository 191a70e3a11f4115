import { readFileSync } from 'node:fs'
import { dataSet } from '@tenon/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Collector, openCollector, type StoredEvent } from './collector.ts'
import { type Bag, cameOut, documented, textOf, typeOf } from './documented.ts'
import { post } from './post.ts'

const { path: file, missing } = dataSet({ name: 'events/segment-spec-examples.jsonl', suite: 'the examples of the Segment specification' })
const TYPES: readonly unknown[] = ['track', 'identify', 'page', 'screen', 'group', 'alias']

const examples = (): readonly (readonly Bag[])[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row).json)
    .map((json: Bag | readonly Bag[]) => [json].flat())

/** What the specification says of external ids, of which no example shows a whole event. */
const withExternalIds = {
  type: 'track',
  event: 'Subscription Upgraded',
  userId: 'external-1',
  properties: { plan: 'Pro', mrr: 99.99 },
  context: {
    externalIds: [
      { id: 'open-1', type: 'openid', collection: 'users', encoding: 'none' },
      { id: 'account-1', type: 'openid', collection: 'accounts', encoding: 'none' },
    ],
  },
}

const whoOf = ({ userId, user_id, anonymousId }: Bag): string | undefined => {
  const user = textOf(userId) ?? textOf(user_id)
  return user === undefined ? textOf(anonymousId) && `anonymous_id:${textOf(anonymousId)}` : `user_id:${user}`
}

describe.skipIf(missing !== undefined)(
  `the examples of the Segment specification${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let collector: Collector
    beforeAll(async () => {
      collector = await openCollector()
    })
    afterAll(() => collector.close())

    it('go in and come out as documented, all ninety', { timeout: 60_000 }, async () => {
      expect(examples()).toHaveLength(90)
      const rows = [...examples(), [withExternalIds]]
      // The same messageId stands in several examples: each gets its own, so that all of them are events.
      const sent = rows.flatMap((events, row) => events.map((event, index) => ({ ...event, messageId: `example-${row}-${index}` })))
      for (const row of rows.keys()) {
        const batch = sent.filter(({ messageId }) => messageId.startsWith(`example-${row}-`))
        expect((await post(collector, '/v1/batch', { batch })).status).toBe(200)
      }
      await collector.stored()
      const events = sent.filter((event) => TYPES.includes(typeOf(event)))
      const others = sent.filter((event) => !TYPES.includes(typeOf(event)))
      expect((await collector.failedEvents()).map(({ code, messageId }) => `${code} ${messageId}`).toSorted()).toEqual(
        others.map(({ messageId }) => `UNKNOWN_TYPE ${messageId}`).toSorted(),
      )
      expect(await collector.counts()).toMatchObject({ received: sent.length, stored: events.length, failed: others.length, duplicate: 0 })

      // Four examples show a call without anybody who makes it.
      const ofNobody = await collector.ofNobody()
      expect(ofNobody.map(({ messageId }) => messageId).toSorted()).toEqual(
        events.flatMap((event) => (whoOf(event) === undefined ? event.messageId : [])).toSorted(),
      )
      expect(ofNobody).toHaveLength(4)
      const storedOf = new Map<string | undefined, readonly StoredEvent[]>([[undefined, ofNobody]])
      for (const who of new Set(events.flatMap((event) => whoOf(event) ?? [])))
        storedOf.set(who, (await collector.person(who))?.events ?? [])
      for (const event of events) {
        const who = whoOf(event)
        const stored = storedOf.get(who)?.find(({ messageId }) => messageId === event.messageId)
        if (stored === undefined) throw new Error(`${event.messageId} is not with ${who ?? 'those of nobody'}`)
        expect(cameOut(stored), event.messageId).toEqual(documented(event))
        expectTime(event, stored)
      }
    })
  },
)

function expectTime(sent: Bag, stored: StoredEvent): void {
  const original = textOf(sent.timestamp) ?? textOf(sent.originalTimestamp)
  const received = Date.parse(stored.receivedAt)
  if (original === undefined) expect(stored.timestamp).toBe(stored.receivedAt)
  else if (textOf(sent.sentAt) === undefined) expect(Date.parse(stored.timestamp)).toBe(Date.parse(original))
  else expect(Date.parse(stored.timestamp)).toBe(received - (Date.parse(String(sent.sentAt)) - Date.parse(original)))
}
