import { describe, expect, it } from 'vitest'
import type { ConfigSchema } from '../../plugin/config.ts'
import type { Permit } from '../consent/gate.ts'
import { guardTools, permitFor } from '../guard-tools.fixture.ts'
import { sampleContext } from '../suite/sample-context.ts'
import type { Channel, Delivery, OutboundMessage } from './contract.ts'
import { guardChannel } from './guard.ts'

const schema = {} as ConfigSchema
const context = sampleContext({ purpose: 'marketing' })
const permit = permitFor()
const messageOf = (id: string, by: Permit = permit): OutboundMessage => ({ id, to: 'an@example.test', content: {}, permit: by })
const accept = (id: string): Delivery => ({ id, status: 'accepted', reference: `r-${id}` })

function channelOf(send: (messages: readonly OutboundMessage[]) => unknown): {
  readonly channel: Channel
  readonly seen: OutboundMessage[]
} {
  const seen: OutboundMessage[] = []
  const channel: Channel = {
    medium: 'note',
    address: { identifier: 'email' },
    content: schema,
    limits: { perSecond: 1, batch: 1, bytes: 1 },
    async send({ messages }) {
      seen.push(...messages)
      return send(messages) as readonly Delivery[]
    },
  }
  return { channel, seen }
}

describe('the guard of channels', () => {
  it('lets messages with a permit through and keeps the others from the plugin', async () => {
    const { channel, seen } = channelOf((messages) => messages.map(({ id }) => accept(id)))
    const messages = [messageOf('a', permitFor()), messageOf('b'), messageOf('c', permitFor({ purpose: 'service' })), messageOf('d')]
    const deliveries = await guardChannel(channel, guardTools({ permits: [permit] })).send({ messages }, context)
    expect(deliveries.map(({ id, status }) => `${id} ${status}`)).toEqual(['a rejected', 'b accepted', 'c rejected', 'd accepted'])
    expect(seen.map(({ id }) => id)).toEqual(['b', 'd'])
    expect(deliveries[0]).toMatchObject({ reason: 'policy' })
  })

  it.each([
    ['another purpose', { purpose: 'service' }],
    ['another workspace', { workspace: 'other' }],
  ])('refuses a real permit in %s', async (_what, overrides) => {
    const { channel, seen } = channelOf(() => [])
    const guarded = guardChannel(channel, guardTools({ permits: [permit] }))
    expect(await guarded.send({ messages: [messageOf('a')] }, { ...context, ...overrides })).toMatchObject([{ status: 'rejected' }])
    expect(seen).toEqual([])
  })

  it.each(['absent', 'broken'] as const)('sends nothing when the gate is %s', async (gate) => {
    const { channel, seen } = channelOf(() => [])
    const guarded = guardChannel(channel, guardTools({ permits: [permit], gate }))
    expect(await guarded.send({ messages: [messageOf('a')] }, context)).toMatchObject([{ id: 'a', status: 'rejected' }])
    expect(seen).toEqual([])
  })

  it('answers an empty batch without the plugin', async () => {
    const { channel } = channelOf(() => expect.unreachable())
    expect(await guardChannel(channel, guardTools()).send({ messages: [] }, context)).toEqual([])
  })

  it.each<[string, (messages: readonly OutboundMessage[]) => unknown]>([
    ['nothing', () => undefined],
    ['too few', () => []],
    ['another message', () => [accept('other')]],
    ['no reference', ([message]) => [{ id: message?.id, status: 'accepted', reference: '' }]],
    ['a reason of its own', ([message]) => [{ id: message?.id, status: 'rejected', reason: 'mood', detail: '' }]],
    ['a time that never comes', ([message]) => [{ id: message?.id, status: 'deferred', retryAfterMs: Number.NaN, detail: '' }]],
    ['an unknown status', ([message]) => [{ id: message?.id, status: 'maybe' }]],
    ['null', () => [null]],
  ])('finds a plugin out that answers %s', async (_what, send) => {
    const { channel } = channelOf(send)
    const guarded = guardChannel(channel, guardTools({ permits: [permit] }))
    await expect(guarded.send({ messages: [messageOf('a')] }, context)).rejects.toThrow('violation in send')
  })

  it('checks what a call-back was read as, and offers none where the plugin has none', async () => {
    const { channel } = channelOf(() => [])
    const tools = guardTools()
    expect(guardChannel(channel, tools).receipts).toBeUndefined()
    const told = (at: Date): Channel => ({ ...channel, receipts: async () => [{ reference: 'r', what: 'opened', at, data: {} }] })
    const request = { headers: {}, body: new Uint8Array() }
    expect(await guardChannel(told(context.now), tools).receipts?.(request, context)).toHaveLength(1)
    await expect(guardChannel(told(new Date('never')), tools).receipts?.(request, context)).rejects.toThrow('violation in receipts')
  })
})
