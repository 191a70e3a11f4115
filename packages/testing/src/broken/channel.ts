import { type ChannelSubject, channelConformance, type OpenChannel } from '@tenon/kernel/conformance'
import type { Channel, Delivery, OutboundMessage } from '@tenon/kernel/contracts'
import { z } from 'zod'
import type { Faults } from './faults.ts'

/** A provider in memory that does what the subject was told, address by address. */
interface Provider {
  readonly reached: string[]
  hand(message: OutboundMessage): Delivery
}

function providerOf(turns: Parameters<ChannelSubject['open']>[0]): Provider {
  const reached: string[] = []
  return {
    reached,
    hand({ id, to }) {
      const turn = turns.get(to) ?? (to.endsWith('@example.test') ? 'accept' : 'refuse')
      if (turn === 'refuse') return { id, status: 'rejected', reason: 'address', detail: 'no such address' }
      if (turn === 'busy') return { id, status: 'deferred', retryAfterMs: 1_000, detail: 'try again' }
      reached.push(id)
      return { id, status: 'accepted', reference: `note-${reached.length}` }
    },
  }
}

const noteChannel = (provider: Provider): Channel => ({
  medium: 'note',
  address: { identifier: 'email' },
  content: z.strictObject({ text: z.string() }),
  limits: { perSecond: 10, batch: 100, bytes: 10_000 },
  async send({ messages }, { signal }) {
    signal.throwIfAborted()
    return messages.map((message) => provider.hand(message))
  },
  async receipts({ headers, body }, { now }) {
    if (headers['x-signature'] !== 'genuine') return 'not-genuine'
    return [{ reference: new TextDecoder().decode(body), what: 'opened', at: now, data: {} }]
  },
})

const body = new TextEncoder().encode('note-1')

const subjectOf = (mutate: (good: Channel, provider: Provider) => Channel) => (): ChannelSubject => ({
  async open(turns): Promise<OpenChannel> {
    const provider = providerOf(turns)
    return { channel: mutate(noteChannel(provider), provider), reached: () => provider.reached }
  },
  address: (index) => `person-${index}@example.test`,
  content: { text: 'hello' },
  badContents: [{}, { text: 1 }, { text: 'a', html: 'b' }],
  callback: { genuine: { headers: { 'x-signature': 'genuine' }, body }, forged: { headers: { 'x-signature': 'forged' }, body } },
})

export const channelFaults: Faults<ChannelSubject> = {
  kind: 'channel',
  suite: channelConformance,
  good: subjectOf((good) => good),
  broken: {
    'answers in the order of arrival, not of the batch': subjectOf((good) => ({
      ...good,
      send: async (request, context) => [...(await good.send(request, context))].reverse(),
    })),
    'leaves out what was refused': subjectOf((good) => ({
      ...good,
      send: async (request, context) => (await good.send(request, context)).filter(({ status }) => status !== 'rejected'),
    })),
    'throws the batch away with one refused message': subjectOf((good) => ({
      ...good,
      async send(request, context) {
        const deliveries = await good.send(request, context)
        if (deliveries.some(({ status }) => status === 'rejected')) throw new Error('an address was refused')
        return deliveries
      },
    })),
    'sends after the signal has fired': subjectOf((good) => ({
      ...good,
      send: (request, context) => good.send(request, { ...context, signal: new AbortController().signal }),
    })),
    'takes busy for refused': subjectOf((good) => ({
      ...good,
      send: async (request, context) =>
        (await good.send(request, context)).map(
          (delivery): Delivery =>
            delivery.status === 'deferred' ? { id: delivery.id, status: 'rejected', reason: 'policy', detail: delivery.detail } : delivery,
        ),
    })),
    'sends a message to every line of its content': subjectOf((good, provider) => ({
      ...good,
      async send({ messages }, context) {
        for (const { id, content } of messages) {
          for (const line of String(content.text).split('\n').slice(1)) provider.reached.push(`${id} ${line}`)
        }
        return good.send({ messages }, context)
      },
    })),
    'gives all messages one reference': subjectOf((good) => ({
      ...good,
      send: async (request, context) =>
        (await good.send(request, context)).map(
          (delivery): Delivery => (delivery.status === 'accepted' ? { ...delivery, reference: 'ok' } : delivery),
        ),
    })),
    'throws on a forged call-back': subjectOf((good) => ({
      ...good,
      receipts: async (request, context) => {
        const receipts = (await good.receipts?.(request, context)) ?? []
        if (receipts === 'not-genuine') throw new Error('forged')
        return receipts
      },
    })),
    'believes every call-back': subjectOf((good) => ({
      ...good,
      receipts: async (_request, { now }) => [{ reference: 'x', what: 'opened', at: now, data: {} }],
    })),
  },
}
