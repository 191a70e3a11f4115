import { type ChannelSubject, channelConformance, sampleDay } from '@tenon/kernel/conformance'
import { describe, it } from 'vitest'
import { config } from './config.ts'
import { receiver, SECRET } from './receiver.fixture.ts'
import { sign } from './signature.ts'
import { createWebhookChannel } from './webhook-channel.ts'

const timestamp = Math.floor(sampleDay().getTime() / 1_000)
const callback = (reference: string) => {
  const body = JSON.stringify({ type: 'receipts', data: { receipts: [{ reference, what: 'delivered', at: sampleDay().toISOString() }] } })
  return { body: Buffer.from(body), signature: sign({ id: 'c1', timestamp, body }, SECRET) }
}
const headers = (signature: string) => ({ 'webhook-id': 'c1', 'webhook-timestamp': String(timestamp), 'webhook-signature': signature })

const subject: ChannelSubject = {
  address: (index) => `person-${index}`,
  content: { title: 'Hello', lines: ['you'] },
  badContents: [[], true],
  callback: {
    genuine: { headers: headers(callback('m1').signature), body: callback('m1').body },
    forged: { headers: headers(callback('m1').signature), body: callback('m2').body },
  },
  async open(turns) {
    const ids: string[] = []
    const server = await receiver((response, { body }) => {
      const { id, to } = JSON.parse(body).data
      const turn = turns.get(to)
      if (turn === undefined || turn === 'accept') ids.push(id)
      response.writeHead(turn === 'refuse' ? 410 : turn === 'busy' ? 429 : 200).end()
    })
    const webhook = createWebhookChannel(config.parse({ url: server.url, secret: SECRET, allowHttp: true, allowLoopback: true }))
    return {
      channel: webhook.channel,
      reached: () => ids,
      async close() {
        webhook.close()
        await server.close()
      },
    }
  },
}

describe('the channel contract', () => {
  for (const [name, run] of Object.entries(channelConformance)) it(name, () => run(subject))
})
