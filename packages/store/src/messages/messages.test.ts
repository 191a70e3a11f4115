import type { ProfileId } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'
import type { WorkspaceStore } from '../workspace-store.ts'
import type { AttemptOutcome, Messages, NewMessage, StoredMessage } from './messages.ts'

let test: TestStore
let workspaces = 0
let keys = 0
const fresh = (): WorkspaceStore => test.store.in(`messages-${++workspaces}`)

beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

const channel = 'email'
const reason = { code: 'BUSY', detail: {} }
const message = (profile: ProfileId, over: Partial<NewMessage> = {}): NewMessage => ({
  idempotencyKey: `key-${++keys}`,
  profile,
  channel,
  purpose: 'marketing.email',
  content: { subject: 'Hello' },
  ...over,
})
const claim = (messages: Messages, limit = 100) => messages.claim({ channel, limit, leaseMs: 60_000 })
const sent = ({ id, attempts: attempt }: StoredMessage): AttemptOutcome => ({ id, attempt, state: 'sent', reference: `ref-${id}` })
const later = ({ id, attempts: attempt }: StoredMessage, ms: number): AttemptOutcome => ({
  id,
  attempt,
  state: 'queued',
  nextAttemptAt: new Date(test.clock.now().getTime() + ms),
  reason,
})

async function one(messages: Messages, profile: ProfileId): Promise<StoredMessage> {
  const [entry] = await messages.enqueue([message(profile)])
  if (!entry) throw new Error('nothing was enqueued')
  return entry.message
}

describe('messages', () => {
  it('accepts a message once for each idempotency key', async () => {
    const { messages } = fresh()
    const first = message(1)
    const entries = await messages.enqueue([first, first])
    expect(entries.map(({ accepted }) => accepted)).toEqual([true, false])
    expect(new Set(entries.map((entry) => entry.message.id)).size).toBe(1)
    const [again] = await messages.enqueue([first])
    expect(again).toMatchObject({ accepted: false, message: { content: { subject: 'Hello' } } })
    for (const other of [{ content: { subject: 'Other' } }, { purpose: 'service' }, { channel: 'sms' }, { locale: 'zh' }, { profile: 2 }]) {
      const reused = messages.enqueue([message(1), { ...first, ...other }])
      await expect(reused, JSON.stringify(other)).rejects.toMatchObject({ code: 'TENON_IDEMPOTENCY_KEY_REUSED' })
    }
    expect((await messages.of(1, { limit: 10 })).map(({ id }) => id)).toEqual([again?.message.id])
    const race = await Promise.all(Array.from({ length: 8 }, () => messages.enqueue([{ ...first, idempotencyKey: 'race' }])))
    expect(race.flat().filter(({ accepted }) => accepted)).toHaveLength(1)
  })

  it('keeps a ledger of every step, from the queue to what the provider told', async () => {
    const { messages } = fresh()
    const { id } = await one(messages, 1)
    const [first] = await claim(messages)
    if (!first) throw new Error('nothing to claim')
    expect(first).toMatchObject({ id, state: 'sending', attempts: 1 })
    await messages.record([later(first, 1000)])
    expect(await claim(messages)).toEqual([])
    test.clock.advance(1000)
    expect(await messages.nextDue(channel)).toEqual(test.clock.now())
    const [second] = await claim(messages)
    if (!second) throw new Error('nothing to claim')
    expect(await messages.record([sent(second)])).toEqual([id])
    const told = { reference: `ref-${id}`, at: test.clock.now(), data: { smtp: 250 } } as const
    expect(await messages.receive(channel, { ...told, what: 'delivered' })).toMatchObject({ news: true, message: { state: 'delivered' } })
    expect(await messages.receive(channel, { ...told, what: 'delivered' })).toMatchObject({ news: false })
    expect(await messages.receive(channel, { ...told, what: 'opened' })).toMatchObject({ news: true, message: { state: 'delivered' } })
    expect(await messages.receive(channel, { ...told, reference: 'unknown', what: 'opened' })).toBeUndefined()
    expect((await messages.ledger(id)).map(({ what, attempt }) => [what, attempt])).toEqual([
      ['queued', 0],
      ['sending', 1],
      ['queued', 1],
      ['sending', 2],
      ['sent', 2],
      ['delivered', 2],
      ['opened', 2],
    ])
    expect(await messages.counts()).toEqual(new Map([[channel, { delivered: 1 }]]))
    expect((await messages.byReference(channel, `ref-${id}`))?.id).toBe(id)
  })

  it('ignores the report of an attempt that was given to another', async () => {
    const { messages } = fresh()
    const { id } = await one(messages, 1)
    const [lost] = await claim(messages)
    if (!lost) throw new Error('nothing to claim')
    test.clock.advance(60_000)
    expect(await messages.requeueExpired()).toBe(1)
    expect(await messages.requeueExpired()).toBe(0)
    const [second] = await claim(messages)
    if (!second) throw new Error('nothing to claim')
    expect(second).toMatchObject({ id, attempts: 2 })
    expect(await messages.record([{ id, attempt: lost.attempts, state: 'dropped', reason }])).toEqual([])
    expect(await messages.record([sent(second)])).toEqual([id])
    expect(await messages.record([{ id, attempt: 2, state: 'dropped', reason }])).toEqual([])
    expect((await messages.get(id))?.state).toBe('sent')
  })

  it('takes a late report when nobody began again', async () => {
    const { messages } = fresh()
    const { id } = await one(messages, 1)
    const [first] = await claim(messages)
    if (!first) throw new Error('nothing to claim')
    test.clock.advance(60_000)
    await messages.requeueExpired()
    expect(await messages.record([sent(first)])).toEqual([id])
    expect(await claim(messages)).toEqual([])
  })

  it('lets those behind a waiting message wait as long, and nobody else', async () => {
    const { messages } = fresh()
    await messages.enqueue([message(1), message(1), message(2), message(1, { channel: 'sms' })])
    const heads = await claim(messages)
    expect(heads.map(({ profile }) => profile)).toEqual([1, 2])
    await messages.record(heads.map((head) => (head.profile === 1 ? later(head, 5000) : sent(head))))
    await messages.enqueue([message(1)])
    expect(await claim(messages)).toEqual([])
    expect(await messages.nextDue(channel)).toEqual(new Date(test.clock.now().getTime() + 5000))
    expect(await messages.nextDue('sms')).toEqual(test.clock.now())
    test.clock.advance(5000)
    for (let left = 3; left > 0; left--) {
      const claimed = await claim(messages)
      expect(claimed).toHaveLength(1)
      await messages.record(claimed.map(sent))
    }
    expect(await claim(messages)).toEqual([])
  })

  it('finds the messages of a person that was two', async () => {
    const { messages, profiles } = fresh()
    const [an = 0, bo = 0] = await profiles.create(2)
    const first = await one(messages, an)
    const second = await one(messages, bo)
    await profiles.merge({ into: an, from: [bo], rule: 'r', source: 's', messageId: 'm', at: new Date(0), evidence: {} })
    expect((await messages.of(bo, { limit: 10 })).map(({ id }) => id)).toEqual([second.id, first.id])
    expect(await messages.get('nonsense')).toBeUndefined()
    expect(await messages.ledger('nonsense')).toEqual([])
  })

  it('sends in order, each once, whatever several senders do', async () => {
    const act = fc.record({
      sender: fc.nat(2),
      limit: fc.integer({ min: 1, max: 3 }),
      what: fc.constantFrom('sent', 'later', 'dropped', 'die'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 10 }),
        fc.array(act, { maxLength: 25 }),
        async (profiles, acts) => {
          const { messages } = fresh()
          const accepted = (await messages.enqueue(profiles.map((profile) => message(profile)))).map((entry) => entry.message)
          const placeOf = new Map(accepted.map(({ id }, place) => [id, place]))
          const finished: StoredMessage[] = []
          const finish = {
            sent,
            dropped: ({ id, attempts: attempt }: StoredMessage): AttemptOutcome => ({ id, attempt, state: 'dropped', reason }),
          }
          const drained = profiles.map(() => ({ sender: 0, limit: 3, what: 'sent' as const }))
          for (const { limit, what } of [...acts, ...drained]) {
            const [left, right] = await Promise.all([claim(messages, limit), claim(messages, limit)])
            const claimed = [...(left ?? []), ...(right ?? [])]
            expect(new Set(claimed.map(({ id }) => id)).size).toBe(claimed.length)
            expect(new Set(claimed.map(({ profile }) => profile)).size).toBe(claimed.length)
            if (what === 'die') {
              test.clock.advance(60_000)
              expect(await messages.requeueExpired()).toBe(claimed.length)
            } else if (what === 'later') {
              await messages.record(claimed.map((each) => later(each, 1000)))
              test.clock.advance(1000)
            } else {
              await messages.record(claimed.map(finish[what]))
              finished.push(...claimed)
            }
          }
          expect(finished).toHaveLength(accepted.length)
          for (const person of new Set(profiles)) {
            const places = finished.filter(({ profile }) => profile === person).map(({ id }) => placeOf.get(id) ?? -1)
            expect(places).toEqual(places.toSorted((a, b) => a - b))
          }
          const [counts] = (await messages.counts()).values()
          expect((counts?.sent ?? 0) + (counts?.dropped ?? 0)).toBe(accepted.length)
        },
      ),
      { numRuns: 25 },
    )
  })
})
