import assert from 'node:assert/strict'
import { isText } from '../check/values.ts'
import type { Permit } from '../consent/gate.ts'
import type { Properties } from '../nouns/json.ts'
import { purposes } from '../nouns/purpose.ts'
import { deepFreeze } from '../suite/deep-freeze.ts'
import { HOSTILE_TEXTS } from '../suite/hostile.ts'
import { sampleContext, sampleDay } from '../suite/sample-context.ts'
import { assertSchema } from '../suite/schema.ts'
import type { Suite } from '../suite/suite.ts'
import { deliveriesProblem, receiptsProblem } from './check.ts'
import type { Channel, Delivery, OutboundMessage } from './contract.ts'

/** What the provider behind the channel does with a message to one address. */
export type ProviderTurn = 'accept' | 'refuse' | 'busy'

export interface OpenChannel {
  readonly channel: Channel
  /** Ids of the messages that have reached the provider, in no particular order. */
  reached(): readonly string[]
  close?(): Promise<void>
}

export interface ChannelSubject {
  /**
   * Opens the channel against a provider that refuses for ever (`refuse`: unknown address) or puts off (`busy`) the
   * messages to the given addresses and accepts all others.
   */
  open(turns: ReadonlyMap<string, ProviderTurn>): Promise<OpenChannel>
  /** Different addresses that the channel can write to. */
  address(index: number): string
  readonly content: Properties
  /** Contents that the channel can not send. */
  readonly badContents: readonly unknown[]
  /** For channels with `receipts`: a genuine call-back, and the same with one part forged. */
  readonly callback?: { readonly genuine: Callback; readonly forged: Callback }
}

type Callback = Parameters<NonNullable<Channel['receipts']>>[0]

const PERMIT: Permit = Object.freeze({
  $$type: '@tenon/Permit',
  workspace: 'shop',
  profile: 7,
  purpose: purposes.marketing,
  action: 'send',
  basis: 'consent',
  decidedAt: sampleDay(),
})

const context = (overrides: Parameters<typeof sampleContext>[0] = {}) => sampleContext({ purpose: purposes.marketing, ...overrides })

const messageTo = (subject: ChannelSubject, index: number, overrides: Partial<OutboundMessage> = {}): OutboundMessage =>
  deepFreeze({ id: `message-${index}`, to: subject.address(index), content: subject.content, permit: PERMIT, ...overrides })

async function withChannel(
  subject: ChannelSubject,
  turns: readonly (readonly [number, ProviderTurn])[],
  run: (open: OpenChannel) => Promise<void>,
): Promise<void> {
  const open = await subject.open(new Map(turns.map(([index, turn]) => [subject.address(index), turn])))
  try {
    await run(open)
  } finally {
    await open.close?.()
  }
}

async function sendAll(channel: Channel, messages: readonly OutboundMessage[]): Promise<readonly Delivery[]> {
  const deliveries = await channel.send({ messages }, context())
  assert.equal(deliveriesProblem(messages, deliveries), undefined)
  return deliveries
}

const statuses = (deliveries: readonly Delivery[]): readonly string[] => deliveries.map(({ status }) => status)

/** Of a refused or put off message, everything else in the batch must know nothing. */
export const channelConformance = Object.freeze({
  'describes itself': async (subject) =>
    withChannel(subject, [], async ({ channel }) => {
      assert.ok(isText(channel.medium), 'the medium has a name')
      assert.ok('identifier' in channel.address ? isText(channel.address.identifier) : isText(channel.address.trait))
      for (const limit of Object.values(channel.limits)) assert.ok(limit > 0, 'limits are positive')
      assert.ok(Number.isInteger(channel.limits.batch), 'a batch is a whole number of messages')
    }),

  'refuses content that it can not send': async (subject) =>
    withChannel(subject, [], async ({ channel }) => {
      assert.ok(subject.badContents.length > 0, 'the subject brings bad contents')
      await assertSchema(channel.content, { good: [subject.content], bad: [...subject.badContents, null, 'text', 42] })
    }),

  'answers every message, in order': async (subject) =>
    withChannel(subject, [], async ({ channel, reached }) => {
      const messages = [3, 1, 2, 0].map((index) => messageTo(subject, index))
      assert.deepEqual(statuses(await sendAll(channel, messages)), ['accepted', 'accepted', 'accepted', 'accepted'])
      assert.deepEqual([...reached()].sort(), ['message-0', 'message-1', 'message-2', 'message-3'])
    }),

  'answers an empty batch with nothing': async (subject) =>
    withChannel(subject, [], async ({ channel, reached }) => {
      assert.deepEqual(await channel.send({ messages: [] }, context()), [])
      assert.deepEqual(reached(), [])
    }),

  'gives each accepted message a reference of its own': async (subject) =>
    withChannel(subject, [], async ({ channel }) => {
      const deliveries = await sendAll(
        channel,
        [0, 1, 2].map((index) => messageTo(subject, index)),
      )
      const references = deliveries.map((delivery) => (delivery.status === 'accepted' ? delivery.reference : ''))
      assert.equal(new Set(references).size, 3)
    }),

  'rejects for ever what the provider refuses, and that message alone': async (subject) =>
    withChannel(subject, [[1, 'refuse']], async ({ channel }) => {
      const deliveries = await sendAll(
        channel,
        [0, 1, 2].map((index) => messageTo(subject, index)),
      )
      assert.deepEqual(statuses(deliveries), ['accepted', 'rejected', 'accepted'])
    }),

  'puts off what the provider can not take now, and that message alone': async (subject) =>
    withChannel(subject, [[0, 'busy']], async ({ channel }) => {
      const deliveries = await sendAll(
        channel,
        [0, 1].map((index) => messageTo(subject, index)),
      )
      assert.deepEqual(statuses(deliveries), ['deferred', 'accepted'])
    }),

  'keeps order where outcomes are mixed': async (subject) =>
    withChannel(
      subject,
      [
        [0, 'refuse'],
        [2, 'busy'],
        [4, 'refuse'],
      ],
      async ({ channel }) => {
        const deliveries = await sendAll(
          channel,
          [0, 1, 2, 3, 4].map((index) => messageTo(subject, index)),
        )
        assert.deepEqual(statuses(deliveries), ['rejected', 'accepted', 'deferred', 'accepted', 'rejected'])
      },
    ),

  'starts nothing once the signal has fired': async (subject) =>
    withChannel(subject, [], async ({ channel, reached }) => {
      const sent = channel.send({ messages: [messageTo(subject, 0)] }, context({ signal: AbortSignal.abort() }))
      const deliveries = await sent.catch(() => [])
      assert.ok(!statuses(deliveries).includes('accepted'), 'nothing is accepted')
      assert.deepEqual(reached(), [])
    }),

  'can be asked again with the same message': async (subject) =>
    withChannel(subject, [], async ({ channel }) => {
      const message = messageTo(subject, 0)
      assert.deepEqual(statuses(await sendAll(channel, [message])), ['accepted'])
      assert.deepEqual(statuses(await sendAll(channel, [message])), ['accepted'])
    }),

  'serves overlapping batches, each with its own answers': async (subject) =>
    withChannel(subject, [[1, 'refuse']], async ({ channel }) => {
      const [left, right] = await Promise.all([
        sendAll(channel, [messageTo(subject, 0), messageTo(subject, 1)]),
        sendAll(channel, [messageTo(subject, 1, { id: 'other-1' }), messageTo(subject, 2, { id: 'other-2' })]),
      ])
      assert.deepEqual(statuses(left), ['accepted', 'rejected'])
      assert.deepEqual(statuses(right), ['rejected', 'accepted'])
    }),

  'survives hostile content without sending more than it was given': async (subject) =>
    withChannel(subject, [], async ({ channel, reached }) => {
      const messages = HOSTILE_TEXTS.map((text, index) => messageTo(subject, index, { content: everyText(subject.content, text) }))
      await sendAll(channel, messages)
      const known = new Set(messages.map(({ id }) => id))
      assert.ok(reached().length <= messages.length && reached().every((id) => known.has(id)), 'nobody else was reached')
    }),

  'answers hostile addresses one by one': async (subject) =>
    withChannel(subject, [], async ({ channel }) => {
      const messages = HOSTILE_TEXTS.map((to, index) => messageTo(subject, index, { to }))
      const deliveries = await sendAll(channel, [...messages, messageTo(subject, 99)])
      assert.equal(deliveries.at(-1)?.status, 'accepted', 'the good message beside them is sent')
    }),

  'takes a genuine call-back and refuses a forged one': async (subject) =>
    withChannel(subject, [], async ({ channel }) => {
      if (channel.receipts === undefined) return
      assert.ok(subject.callback, 'the subject brings a call-back')
      const receipts = await channel.receipts(subject.callback.genuine, context())
      assert.ok(receipts !== 'not-genuine', 'the genuine one is read')
      assert.equal(receiptsProblem(receipts), undefined)
      assert.ok(receipts.length > 0, 'the genuine one tells something')
      const { forged } = subject.callback
      assert.equal(await channel.receipts(forged, context()), 'not-genuine', 'the forged one is refused, as a value')
    }),
} satisfies Suite<ChannelSubject>)

function everyText(content: Properties, text: string): Properties {
  return Object.fromEntries(Object.entries(content).map(([key, value]) => [key, typeof value === 'string' ? text : value]))
}
