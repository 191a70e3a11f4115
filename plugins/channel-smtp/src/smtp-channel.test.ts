import { createServer, type Socket } from 'node:net'
import { defineEdition, use } from '@tenon/kernel'
import type { CallContext, OutboundMessage } from '@tenon/kernel/contracts'
import { checkEdition } from '@tenon/kernel/runtime'
import fc from 'fast-check'
import type { SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, it } from 'vitest'
import { config, type SmtpConfig } from './config.ts'
import { content } from './content.ts'
import { channelSmtp } from './plugin.ts'
import { createSmtpChannel } from './smtp-channel.ts'
import { createSmtpChannels } from './smtp-channels.ts'
import { permit, reply, smtpServer, type TestServer } from './smtp-server.fixture.ts'

const releases: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release()
})

const context = (signal = new AbortController().signal): CallContext => ({ workspace: 'w', purpose: 'marketing', now: new Date(0), signal })

const message = (over: Partial<OutboundMessage> = {}): OutboundMessage => ({
  id: 'm1',
  to: 'an@example.com',
  content: { subject: 'Hello', text: 'Hello An' },
  permit,
  ...over,
})

type Settings = Parameters<typeof config.parse>[0] & Partial<SmtpConfig>

function channelAt(port: number, over: Partial<Settings> = {}) {
  const smtp = createSmtpChannel(config.parse({ host: '127.0.0.1', port, from: 'shop@tenon.test', ...over }))
  releases.push(smtp.close)
  return smtp
}

async function serve(options: SMTPServerOptions = {}): Promise<TestServer> {
  const server = await smtpServer(options)
  releases.push(server.close)
  return server
}

const sendOne = async (port: number, sent = message(), over: Partial<Settings> = {}) => {
  const [delivery] = await channelAt(port, over).channel.send({ messages: [sent] }, context())
  return delivery
}

describe('a mail', () => {
  it('arrives with text, html, names and a message id that stays the same', async () => {
    const server = await serve()
    const sent = message({
      content: { subject: '你好 🌱', text: 'plain', html: '<p>rich</p>', replyTo: 'help@tenon.test' },
      locale: 'zh-CN',
    })
    const first = await sendOne(server.port, sent, { fromName: 'The shop' })
    const second = await sendOne(server.port, sent)
    expect(first).toMatchObject({ id: 'm1', status: 'accepted' })
    expect(second).toEqual(first)
    const [mail, again] = server.mails
    expect(mail).toMatchObject({ from: 'shop@tenon.test', to: ['an@example.com'] })
    expect(mail?.headers.get('from')).toBe('The shop <shop@tenon.test>')
    expect(mail?.headers.get('reply-to')).toBe('help@tenon.test')
    expect(mail?.headers.get('content-language')).toBe('zh-CN')
    expect(mail?.headers.get('subject')).toMatch(/^=\?UTF-8\?/)
    expect(mail?.raw).toContain('<p>rich</p>')
    expect(mail?.headers.get('message-id')).toBe(first?.status === 'accepted' ? `<${first.reference}>` : '')
    expect(again?.headers.get('message-id')).toBe(mail?.headers.get('message-id'))
  })

  it('can be stopped with one click (RFC 8058)', async () => {
    const server = await serve()
    await sendOne(server.port, message({ unsubscribe: { url: 'https://tenon.test/u/abc?x=1' } }))
    expect(server.mails[0]?.headers.get('list-unsubscribe')).toBe('<https://tenon.test/u/abc?x=1>')
    expect(server.mails[0]?.headers.get('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click')
  })

  it('offers a plain link where there is no HTTPS, and refuses what is no link', async () => {
    const server = await serve()
    await sendOne(server.port, message({ unsubscribe: { url: 'http://127.0.0.1/u/abc' } }))
    expect(server.mails[0]?.headers.has('list-unsubscribe-post')).toBe(false)
    expect(await sendOne(server.port, message({ unsubscribe: { url: 'javascript:alert(1)' } }))).toMatchObject({ reason: 'content' })
  })

  it('goes over one pool, a batch in its order of answers', async () => {
    const server = await serve()
    const { channel } = channelAt(server.port, { connections: 2 })
    const messages = Array.from({ length: 20 }, (_, n) => message({ id: `m${n}`, to: `p${n}@example.com` }))
    const deliveries = await channel.send({ messages }, context())
    expect(deliveries.map(({ id }) => id)).toEqual(messages.map(({ id }) => id))
    expect(deliveries.every(({ status }) => status === 'accepted')).toBe(true)
    expect(server.mails).toHaveLength(20)
    expect(server.connections()).toBeLessThanOrEqual(2)
  })
})

describe('hostile input', () => {
  it('never adds a header, whatever the subject', async () => {
    const server = await serve()
    const { channel } = channelAt(server.port)
    const hostile = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'a\r\nBcc: evil@example.com',
        'a\nX-Evil: 1',
        'a\r\n\r\nbody',
        '\u2028Bcc: x',
        'a\0b',
        '=?utf-8?B?DQpYLUV2aWw6IDE=?=',
      ),
    )
    const expected = ['content-transfer-encoding', 'content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to']
    await fc.assert(
      fc.asyncProperty(hostile, async (subject) => {
        const before = server.mails.length
        const [delivery] = await channel.send({ messages: [message({ content: { subject, text: 'x' } })] }, context())
        const mail = server.mails[before]
        expect(delivery?.status === 'accepted').toBe(mail !== undefined)
        if (mail === undefined) return
        expect([...mail.headers.keys()].toSorted()).toEqual(expected)
        expect(mail.to).toEqual(['an@example.com'])
      }),
      { numRuns: 150 },
    )
  })

  it.each(['', 'nobody', 'a@b, c@d', 'An <an@example.com>', 'a@b\r\nRCPT TO:<c@d>', 'a b@c', `${'x'.repeat(300)}@example.com`])(
    'refuses the address "%s" without a connection',
    async (to) => {
      const server = await serve()
      expect(await sendOne(server.port, message({ to }))).toMatchObject({ status: 'rejected', reason: 'address' })
      expect(server.connections()).toBe(0)
    },
  )

  it('does not read files or addresses that content names', async () => {
    const server = await serve()
    const delivery = await sendOne(server.port, message({ content: { subject: 's', text: { path: '/etc/passwd' } } }))
    expect(delivery).toMatchObject({ status: 'rejected', reason: 'content' })
    expect(server.mails).toHaveLength(0)
  })

  it('has a schema that wants text or html and knows nothing else', () => {
    const valid = (value: unknown) => content.safeParse(value).success
    expect(valid({ subject: 's', text: 't' })).toBe(true)
    expect(valid({ subject: 's', html: 't' })).toBe(true)
    for (const bad of [{}, { subject: 's' }, { text: 't' }, { subject: 's', text: 't', attachments: [] }, { subject: 'a\nb', text: 't' }]) {
      expect(valid(bad)).toBe(false)
    }
  })
})

describe('what the server says', () => {
  const atRcpt = (error: Error): SMTPServerOptions => ({ onRcptTo: (_, __, done) => done(error) })
  const atData = (error: Error): SMTPServerOptions => ({
    onData(stream, _, done) {
      stream.resume()
      stream.on('end', () => done(error))
    },
  })

  it.each([
    ['an unknown recipient', atRcpt(reply(550, '5.1.1 no such user')), { status: 'rejected', reason: 'address' }],
    ['an unknown recipient, in old words', atRcpt(reply(550, 'no such user')), { status: 'rejected', reason: 'address' }],
    ['a recipient refused by policy', atRcpt(reply(550, '5.7.1 blocked')), { status: 'rejected', reason: 'policy' }],
    ['greylisting', atRcpt(reply(451, '4.7.1 greylisted, come back later')), { status: 'deferred', retryAfterMs: 60_000 }],
    ['content that is refused', atData(reply(554, '5.6.0 not like this')), { status: 'rejected', reason: 'content' }],
    ['content that looks like spam', atData(reply(550, '5.7.1 spam')), { status: 'rejected', reason: 'policy' }],
    ['a recipient refused late', atData(reply(550, '5.1.1 no such user')), { status: 'rejected', reason: 'address' }],
    ['a full disk', atData(reply(452, '4.3.1 try later')), { status: 'deferred', retryAfterMs: 60_000 }],
    ['a refused sender', { onMailFrom: (_, __, done) => done(reply(550, '5.7.1 not you')) }, { status: 'deferred', retryAfterMs: 300_000 }],
    ['a refused client', { onConnect: (_, done) => done(reply(554, 'no')) }, { status: 'deferred' }],
  ] satisfies [string, SMTPServerOptions, object][])('%s', async (_, options, expected) => {
    const server = await serve(options)
    expect(await sendOne(server.port)).toMatchObject({ id: 'm1', ...expected })
  })

  it('lets the second attempt through after greylisting', async () => {
    const seen = new Set<string>()
    const server = await serve({
      onRcptTo({ address }, _, done) {
        if (seen.has(address)) return done()
        seen.add(address)
        done(reply(450, '4.2.0 greylisted'))
      },
    })
    const { channel } = channelAt(server.port)
    const statuses = []
    for (let attempt = 0; attempt < 2; attempt++) {
      statuses.push((await channel.send({ messages: [message()] }, context()))[0]?.status)
    }
    expect(statuses).toEqual(['deferred', 'accepted'])
  })

  it('refuses one and takes the others of a batch', async () => {
    const server = await serve({ onRcptTo: ({ address }, _, done) => done(address.startsWith('bad') ? reply(550, '5.1.1 no') : null) })
    const messages = ['a', 'bad', 'c'].map((name) => message({ id: name, to: `${name}@example.com` }))
    const deliveries = await channelAt(server.port, { connections: 1 }).channel.send({ messages }, context())
    expect(deliveries.map(({ id, status }) => [id, status])).toEqual([
      ['a', 'accepted'],
      ['bad', 'rejected'],
      ['c', 'accepted'],
    ])
  })
})

describe('a server in trouble', () => {
  it('is away: the message waits', async () => {
    const server = await smtpServer()
    await server.close()
    expect(await sendOne(server.port)).toMatchObject({ status: 'deferred', retryAfterMs: 60_000 })
  })

  it('hangs up in the middle of the mail: the message waits', async () => {
    let accepted = 0
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.write('220 test ESMTP\r\n')
      socket.on('data', (chunk) => {
        const command = chunk.toString().slice(0, 4).toUpperCase()
        if (command === 'DATA') {
          accepted++
          socket.write('354 go on\r\n', () => socket.destroy())
        } else socket.write('250 ok\r\n')
      })
    })
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    releases.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    expect(await sendOne(port)).toMatchObject({ status: 'deferred' })
    expect(accepted).toBe(1)
  })

  it('never answers: the message waits', async () => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => {}))
    })
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    releases.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const timeouts = { connectMs: 200, greetingMs: 200, silenceMs: 200 }
    expect(await sendOne(port, message(), { timeouts })).toMatchObject({ status: 'deferred' })
  })

  it('is given up by the caller: nothing more is begun', async () => {
    const server = await serve()
    const controller = new AbortController()
    const { channel } = channelAt(server.port, { connections: 1 })
    controller.abort()
    const deliveries = await channel.send({ messages: [message(), message({ id: 'm2' })] }, context(controller.signal))
    expect(deliveries.map(({ status }) => status)).toEqual(['deferred', 'deferred'])
    expect(server.connections()).toBe(0)
  })

  it('is given up in the middle of a mail: answers at once', async () => {
    const controller = new AbortController()
    const server = await serve({ onRcptTo: () => controller.abort() })
    const { channel } = channelAt(server.port, { connections: 1 })
    const deliveries = await channel.send({ messages: [message(), message({ id: 'm2' })] }, context(controller.signal))
    expect(deliveries.map(({ status }) => status)).toEqual(['deferred', 'deferred'])
    expect(server.mails).toHaveLength(0)
  })
})

describe('security of the line', () => {
  const withLogin: SMTPServerOptions = {
    authOptional: false,
    disabledCommands: [],
    onAuth: ({ username, password }, _, done) =>
      username === 'shop' && password === 'secret' ? done(null, { user: 'shop' }) : done(reply(535, '5.7.8 no')),
  }
  const account = { user: 'shop', password: 'secret' }

  it('encrypts with STARTTLS before it says the password', async () => {
    const server = await serve(withLogin)
    const delivery = await sendOne(server.port, message(), { ...account, tls: { rejectUnauthorized: false } })
    expect(delivery).toMatchObject({ status: 'accepted' })
    expect(server.mails[0]).toMatchObject({ secure: true, user: 'shop' })
  })

  it('does not trust a certificate that it can not verify', async () => {
    const server = await serve(withLogin)
    expect(await sendOne(server.port, message(), account)).toMatchObject({ status: 'deferred' })
    expect(server.mails).toHaveLength(0)
  })

  it('does not say a password to a server without TLS', async () => {
    let asked = 0
    const server = await serve({
      ...withLogin,
      disabledCommands: ['STARTTLS'],
      onAuth: (_, __, done) => {
        asked++
        done(null, { user: 'x' })
      },
    })
    expect(await sendOne(server.port, message(), account)).toMatchObject({ status: 'deferred' })
    expect(asked).toBe(0)
  })

  it('waits for the operator when the login is refused, and says nothing of the password', async () => {
    const server = await serve(withLogin)
    const delivery = await sendOne(server.port, message(), { user: 'shop', password: 'wr0ng', tls: { rejectUnauthorized: false } })
    expect(delivery).toMatchObject({ status: 'deferred', retryAfterMs: 300_000 })
    expect(JSON.stringify(delivery)).not.toContain('wr0ng')
  })
})

describe('health', () => {
  it('is what a connection says', async () => {
    const server = await smtpServer()
    const smtp = channelAt(server.port)
    expect(await smtp.health()).toEqual({ status: 'ok' })
    await server.close()
    expect(await smtp.health()).toMatchObject({ status: 'down' })
  })
})

describe('configuration', () => {
  it('marks the password as a secret', () => {
    expect(config['~standard'].jsonSchema.input({ target: 'draft-2020-12' })).toHaveProperty('properties.password.writeOnly', true)
  })

  it('refuses half an account and a sender that is no address', () => {
    const parses = (over: object) => config.safeParse({ host: 'h', from: 'a@b.test', ...over }).success
    expect([parses({}), parses({ user: 'u' }), parses({ password: 'p' }), parses({ from: 'x\r\nBcc: a@b' })]).toEqual([
      true,
      false,
      false,
      false,
    ])
  })
})

describe('a workspace with a configuration of its own', () => {
  it('is what an edition may have', async () => {
    const uses = [
      use(channelSmtp, { host: 'mail.example', from: 'shop@tenon.test' }, { workspaces: { brand: { from: 'brand@tenon.test' } } }),
    ] as const
    expect(await checkEdition(defineEdition({ name: 'brands', plugins: uses }), { core: new Map() })).toEqual([])
  })

  it('sends from its own address over its own server, and nobody else does', async () => {
    const [common, own] = [await serve(), await serve()]
    const everybody = config.parse({ host: '127.0.0.1', port: common.port, from: 'shop@tenon.test' })
    const brand = config.parse({ host: '127.0.0.1', port: own.port, from: 'brand@tenon.test' })
    const smtp = createSmtpChannels({ config: everybody, configFor: (workspace) => (workspace === 'brand' ? brand : everybody) })
    releases.push(smtp.close)
    for (const workspace of ['brand', 'w', 'brand']) {
      const [delivery] = await smtp.channel.send({ messages: [message()] }, { ...context(), workspace })
      expect(delivery).toMatchObject({ status: 'accepted' })
    }
    expect(common.mails.map(({ from }) => from)).toEqual(['shop@tenon.test'])
    expect(own.mails.map(({ from }) => from)).toEqual(['brand@tenon.test', 'brand@tenon.test'])
    expect(own.connections()).toBe(1)
    expect(await smtp.health()).toEqual({ status: 'ok' })
    await own.close()
    expect(await smtp.health()).toMatchObject({ status: 'down', reason: expect.stringContaining(String(own.port)) })
  })
})
