import { readFileSync } from 'node:fs'
import { dataSet } from '@tenon/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Collector, openCollector, type StoredEvent } from './collector.ts'
import { isRecord } from './network/exchange.ts'
import { post } from './post.ts'

type Bag = Readonly<Record<string, unknown>>

const { path: file, missing } = dataSet({ name: 'events/segment-spec-examples.jsonl', suite: 'the examples of the Segment specification' })
const TYPES: readonly unknown[] = ['track', 'identify', 'page', 'screen', 'group', 'alias']

const examples = (): readonly (readonly Bag[])[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row).json)
    .map((json: Bag | readonly Bag[]) => [json].flat())

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const bag = (value: unknown): Bag => (isRecord(value) ? value : {})
const typeOf = (event: Bag): unknown => event.type ?? event.action
const idOf = ({ userId, user_id, anonymousId }: Bag): string | undefined => {
  const user = text(userId) ?? text(user_id)
  return user === undefined ? text(anonymousId) && `anonymous_id:${text(anonymousId)}` : `user_id:${user}`
}

/** What the specification says comes out of an event. */
function documented(sent: Bag): Partial<StoredEvent> {
  const type = String(typeOf(sent))
  const context = bag(sent.context)
  const integrations = bag(sent.integrations)
  const traits = bag(sent.traits)
  return {
    type,
    name: text(type === 'track' ? sent.event : type === 'page' || type === 'screen' ? sent.name : undefined) ?? type,
    properties: { ...bag(sent.properties), ...(type === 'page' && text(sent.category) ? { category: sent.category } : {}) },
    traits: type === 'identify' ? { ...bag(context.traits), ...traits } : {},
    context: Object.keys(integrations).length > 0 ? { integrations, ...context } : context,
    ...(type === 'group' ? { group: { id: String(sent.groupId), traits } } : {}),
  }
}

describe.skipIf(missing !== undefined)(
  `the examples of the Segment specification${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let collector: Collector
    beforeAll(async () => {
      collector = await openCollector()
    })
    afterAll(() => collector.close())

    it('go in and come out as documented, all ninety', async () => {
      const rows = examples()
      expect(rows).toHaveLength(90)
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

      const people = new Map<string, ReadonlyMap<string, StoredEvent>>()
      let compared = 0
      for (const event of events) {
        // Four examples show a call without anybody who makes it: no profile leads to them.
        const id = idOf(event)
        if (id === undefined) continue
        const known = people.get(id) ?? new Map((await collector.person(id))?.events.map((each) => [each.messageId, each]))
        people.set(id, known)
        const stored = known.get(event.messageId)
        expect(stored, `${event.messageId} of ${id}`).toMatchObject({ ...documented(event), receivedAt: expect.any(String) })
        if (stored !== undefined) expectTime(event, stored)
        compared += 1
      }
      expect(compared).toBe(events.length - 4)
    })
  },
)

function expectTime(sent: Bag, stored: StoredEvent): void {
  const original = text(sent.timestamp) ?? text(sent.originalTimestamp)
  const received = Date.parse(stored.receivedAt)
  if (original === undefined) expect(stored.timestamp).toBe(stored.receivedAt)
  else if (text(sent.sentAt) === undefined) expect(Date.parse(stored.timestamp)).toBe(Date.parse(original))
  else expect(Date.parse(stored.timestamp)).toBe(received - (Date.parse(String(sent.sentAt)) - Date.parse(original)))
}
