import { definePlugin } from '@tenon/kernel'
import { type Channel, channel } from '@tenon/kernel/contracts'
import { describe, it } from 'vitest'
import { z } from 'zod'
import { type ChannelSubject, channelConformance } from './conformance.ts'
import { pigeonChannel } from './example.fixture.ts'

const STATUS = { accept: 200, refuse: 404, busy: 503 } as const

const subject: ChannelSubject = {
  async open(turns) {
    const reached: string[] = []
    return {
      channel: pigeonChannel(async (body) => {
        const { id, to } = z.object({ id: z.string(), to: z.string() }).parse(JSON.parse(body))
        const turn = turns.get(to) ?? 'accept'
        if (turn === 'accept') reached.push(id)
        return STATUS[turn]
      }),
      reached: () => reached,
    }
  },
  address: (index) => `loft-${index}`,
  content: { text: 'hello' },
  badContents: [{}, { text: 7 }, { text: 'x'.repeat(501) }],
}

describe('the example of a channel', () => {
  it.each(Object.entries(channelConformance))('%s', async (_name, play) => play(subject))
})

/** What the compiler refuses. Never called. */
export function refused(good: Channel): readonly unknown[] {
  const spec = { id: 'acme.x', version: '1.0.0', config: z.strictObject({}), needs: {}, provides: { channel } } as const
  const limits = { perSecond: 1, batch: 1, bytes: 1 }
  return [
    // @ts-expect-error: nothing is provided
    definePlugin({ ...spec, setup: () => ({ provide: {} }) }),
    // @ts-expect-error: a channel says where the address is found
    { medium: 'x', content: z.object({}), limits, send: async () => [] } satisfies Channel,
    // @ts-expect-error: a delivery is accepted, rejected or deferred
    { ...good, send: async () => [{ id: 'a', status: 'sent' as const }] } satisfies Channel,
    // @ts-expect-error: a rejection names its reason
    { ...good, send: async () => [{ id: 'a', status: 'rejected' as const, detail: '' }] } satisfies Channel,
    // @ts-expect-error: an answer takes time
    { ...good, send: () => [] } satisfies Channel,
  ]
}
