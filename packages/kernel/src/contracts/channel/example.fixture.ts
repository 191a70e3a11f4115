import { definePlugin } from '@tenon/kernel'
import { type Channel, channel, type Delivery, type OutboundMessage } from '@tenon/kernel/contracts'
import { z } from 'zod'

/** Posts one message to the loft and answers the HTTP status. */
type Post = (body: string, signal: AbortSignal) => Promise<number>

export function pigeonChannel(post: Post): Channel {
  const carry = async ({ id, to, content }: OutboundMessage, signal: AbortSignal): Promise<Delivery> => {
    const status = await post(JSON.stringify({ id, to, content }), signal)
    if (status < 300) return { id, status: 'accepted', reference: id }
    if (status === 429 || status >= 500) return { id, status: 'deferred', retryAfterMs: 60_000, detail: `HTTP ${status}` }
    return { id, status: 'rejected', reason: 'address', detail: `HTTP ${status}` }
  }
  return {
    medium: 'pigeon',
    address: { identifier: 'loft' },
    content: z.strictObject({ text: z.string().max(500) }),
    limits: { perSecond: 5, batch: 50, bytes: 2_000 },
    async send({ messages }, { signal }) {
      signal.throwIfAborted()
      return Promise.all(messages.map((message) => carry(message, signal)))
    },
  }
}

export const pigeon = definePlugin({
  id: 'acme.channel-pigeon',
  version: '1.0.0',
  config: z.strictObject({ url: z.url() }),
  needs: {},
  provides: { channel },
  setup: ({ config: { url } }) => ({
    provide: { channel: pigeonChannel(async (body, signal) => (await fetch(url, { method: 'POST', body, signal })).status) },
  }),
})
