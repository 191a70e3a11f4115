import { type ChannelSubject, channelConformance } from '@tenon/kernel/conformance'
import { describe, it } from 'vitest'
import { config } from './config.ts'
import { createSmtpChannel } from './smtp-channel.ts'
import { reply, smtpServer } from './smtp-server.fixture.ts'

const subject: ChannelSubject = {
  address: (index) => `person-${index}@example.com`,
  content: { subject: 'Hello', text: 'Hello you', html: '<p>Hello you</p>' },
  badContents: [
    {},
    { subject: 'Hello' },
    { text: 'no subject' },
    { subject: 'a\r\nBcc: b@example.com', text: 'x' },
    { subject: 1, text: 'x' },
  ],
  async open(turns) {
    const server = await smtpServer({
      onRcptTo({ address }, _, done) {
        const turn = turns.get(address)
        done(turn === 'refuse' ? reply(550, '5.1.1 unknown') : turn === 'busy' ? reply(451, '4.7.1 later') : null)
      },
    })
    const smtp = createSmtpChannel(config.parse({ host: '127.0.0.1', port: server.port, from: 'shop@tenon.test' }))
    return {
      channel: smtp.channel,
      reached: () => server.mails.map(({ headers }) => /^<(.+)\.[0-9a-f]{12}@/.exec(headers.get('message-id') ?? '')?.[1] ?? ''),
      async close() {
        smtp.close()
        await server.close()
      },
    }
  },
}

describe('the channel contract', () => {
  for (const [name, run] of Object.entries(channelConformance)) it(name, () => run(subject))
})
