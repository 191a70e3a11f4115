import { createHmac } from 'node:crypto'
import { defineEdition, use } from '@tenon/kernel'
import type { CallContext, OutboundMessage } from '@tenon/kernel/contracts'
import { checkEdition } from '@tenon/kernel/runtime'
import { afterEach, describe, expect, it } from 'vitest'
import { config } from './config.ts'
import { channelWebhook } from './plugin.ts'
import type { Resolve } from './reachable.ts'
import { OLD_SECRET, permit, type Receiver, receiver, SECRET } from './receiver.fixture.ts'
import { sign } from './signature.ts'
import { createWebhookChannel } from './webhook-channel.ts'
import { createWebhookChannels } from './webhook-channels.ts'

const releases: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release()
})

const now = new Date('2026-03-01T12:00:00.500Z')
const context = (signal = new AbortController().signal): CallContext => ({ workspace: 'w', purpose: 'marketing', now, signal })
const message = (over: Partial<OutboundMessage> = {}): OutboundMessage => ({
  id: 'm1',
  to: 'u1',
  content: { hello: '世界' },
  permit,
  ...over,
})

type Input = Partial<Parameters<typeof config.parse>[0] & object>

const local = { allowHttp: true, allowLoopback: true }

function open(over: Input = {}, resolve?: Resolve) {
  const webhook = createWebhookChannel(config.parse({ secret: SECRET, ...over }), resolve)
  releases.push(webhook.close)
  return webhook.channel
}

async function receive(...args: Parameters<typeof receiver>): Promise<Receiver> {
  const server = await receiver(...args)
  releases.push(server.close)
  return server
}

const sendOne = async (over: Input, sent = message(), resolve?: Resolve) =>
  (await open(over, resolve).send({ messages: [sent] }, context()))[0]

describe('a request', () => {
  it('carries the message, signed as Standard Webhooks has it', async () => {
    const server = await receive()
    const sent = message({ locale: 'zh', unsubscribe: { url: 'https://tenon.test/u/1' } })
    expect(await sendOne({ ...local, url: server.url }, sent)).toEqual({ id: 'm1', status: 'accepted', reference: 'm1' })
    const [one] = server.received
    expect(JSON.parse(one?.body ?? '')).toEqual({
      type: 'message',
      timestamp: now.toISOString(),
      data: { id: 'm1', to: 'u1', content: { hello: '世界' }, locale: 'zh', unsubscribe: { url: 'https://tenon.test/u/1' } },
    })
    expect(one?.headers).toMatchObject({ 'webhook-id': 'm1', 'idempotency-key': 'm1', 'webhook-timestamp': '1772366400' })
    const mac = createHmac('sha256', Buffer.alloc(32, 7)).update(`m1.1772366400.${one?.body}`).digest('base64')
    expect(one?.headers['webhook-signature']).toBe(`v1,${mac}`)
  })

  it('is signed with both secrets while they change', async () => {
    const server = await receive()
    await sendOne({ ...local, url: server.url, previousSecret: OLD_SECRET })
    expect(server.received[0]?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
  })

  it('goes to the address of the message where no URL is fixed', async () => {
    const server = await receive()
    expect(await sendOne(local, message({ to: `${server.url}/own` }))).toMatchObject({ status: 'accepted' })
    expect(server.received[0]?.path).toBe('/hook/own')
  })

  it('keeps the order of answers in a batch', async () => {
    const server = await receive((response, { body }) => response.writeHead(body.includes('"to":"bad"') ? 410 : 200).end('ok'))
    const messages = ['a', 'bad', 'c', 'd'].map((to) => message({ id: `m-${to}`, to }))
    const deliveries = await open({ ...local, url: server.url, concurrency: 2 }).send({ messages }, context())
    expect(deliveries.map(({ id, status }) => [id, status])).toEqual([
      ['m-a', 'accepted'],
      ['m-bad', 'rejected'],
      ['m-c', 'accepted'],
      ['m-d', 'accepted'],
    ])
  })

  it('survives ids that can not stand in a header', async () => {
    const server = await receive()
    expect(await sendOne({ ...local, url: server.url }, message({ id: 'a\r\nx-evil: 1' }))).toMatchObject({ status: 'accepted' })
    expect(server.received[0]?.headers['webhook-id']).toMatch(/^[0-9a-f]{64}$/)
    expect(server.received[0]?.headers['x-evil']).toBeUndefined()
  })
})

describe('the answer', () => {
  it.each([
    [200, {}, { status: 'accepted' }],
    [202, {}, { status: 'accepted' }],
    [301, { location: '/elsewhere' }, { status: 'rejected', reason: 'address' }],
    [307, { location: '/elsewhere' }, { status: 'rejected', reason: 'address' }],
    [400, {}, { status: 'rejected', reason: 'content' }],
    [401, {}, { status: 'rejected', reason: 'policy' }],
    [404, {}, { status: 'rejected', reason: 'address' }],
    [410, {}, { status: 'rejected', reason: 'address' }],
    [418, {}, { status: 'rejected', reason: 'address' }],
    [422, {}, { status: 'rejected', reason: 'content' }],
    [408, {}, { status: 'deferred', retryAfterMs: 30_000 }],
    [429, { 'retry-after': '7' }, { status: 'deferred', retryAfterMs: 7_000 }],
    [429, { 'retry-after': 'Sun, 01 Mar 2026 12:00:10 GMT' }, { status: 'deferred', retryAfterMs: 9_500 }],
    [429, { 'retry-after': 'Sun, 01 Mar 2020 12:00:10 GMT' }, { status: 'deferred', retryAfterMs: 0 }],
    [429, { 'retry-after': '999999999' }, { status: 'deferred', retryAfterMs: 86_400_000 }],
    [503, { 'retry-after': 'soon' }, { status: 'deferred', retryAfterMs: 30_000 }],
    [500, {}, { status: 'deferred', retryAfterMs: 30_000 }],
  ])('%i %o', async (status, headers, expected) => {
    const server = await receive((response) => response.writeHead(status, headers).end())
    expect(await sendOne({ ...local, url: server.url })).toMatchObject(expected)
    expect(server.received).toHaveLength(1)
  })

  it('may be endless: nobody reads it', async () => {
    const server = await receive((response) => {
      response.writeHead(200)
      const pour = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) {}
      }
      response.on('drain', pour).on('error', () => {})
      pour()
    })
    expect(await sendOne({ ...local, url: server.url })).toMatchObject({ status: 'accepted' })
  })
})

describe('trouble', () => {
  it('of the network lets the message wait', async () => {
    const server = await receiver()
    await server.close()
    expect(await sendOne({ ...local, url: server.url })).toMatchObject({ status: 'deferred', detail: 'ECONNREFUSED' })
  })

  it('in the middle of an answer lets it wait', async () => {
    const server = await receive((_, __, request) => request.socket.destroy())
    expect(await sendOne({ ...local, url: server.url })).toMatchObject({ status: 'deferred', detail: 'ECONNRESET' })
  })

  it('of a receiver that never answers ends at the limit', async () => {
    const server = await receive(() => {})
    expect(await sendOne({ ...local, url: server.url, timeoutMs: 100 })).toMatchObject({ status: 'deferred' })
  })

  it('of the caller: nothing more is begun', async () => {
    const server = await receive()
    const controller = new AbortController()
    controller.abort()
    const deliveries = await open({ ...local, url: server.url }).send({ messages: [message()] }, context(controller.signal))
    expect(deliveries).toMatchObject([{ status: 'deferred' }])
    expect(server.received).toHaveLength(0)
  })
})

describe('networks that are not allowed', () => {
  const answer =
    (...addresses: readonly string[]): Resolve =>
    (_, __, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )

  it.each([
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0.0.0.0/',
    'http://10.1.2.3/',
    'http://192.168.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:127.0.0.1]/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://224.0.0.1/',
  ])('%s is refused before a connection', async (to) => {
    expect(await sendOne({ allowHttp: true }, message({ to }))).toMatchObject({ status: 'rejected', reason: 'policy' })
  })

  it('are refused when a name resolves to them, at the connection', async () => {
    const server = await receive()
    const to = `http://innocent.test:${server.port}/`
    const forbidden = await sendOne({ allowHttp: true }, message({ to }), answer('127.0.0.1', '10.0.0.1', '169.254.169.254', '::1'))
    expect(forbidden).toMatchObject({ status: 'rejected', reason: 'policy' })
    expect(server.received).toHaveLength(0)
  })

  it('can be allowed one by one, metadata services never', async () => {
    const server = await receive()
    const to = `http://innocent.test:${server.port}/`
    expect(await sendOne(local, message({ to }), answer('169.254.169.254', '127.0.0.1'))).toMatchObject({ status: 'accepted' })
    expect(await sendOne({ ...local, allowPrivateNetworks: true }, message({ to: 'http://169.254.169.254/' }))).toMatchObject({
      reason: 'policy',
    })
    expect(await sendOne({ allowHttp: true, allowPrivateNetworks: true }, message({ to }), answer('127.0.0.1'))).toMatchObject({
      reason: 'policy',
    })
  })

  it.each(['', 'u1', 'ftp://example.com/', 'file:///etc/passwd', 'http://user:pw@example.com/', `https://${'x'.repeat(3_000)}.test/`])(
    '"%s" is no address',
    async (to) => {
      expect(await sendOne({ allowHttp: true }, message({ to }))).toMatchObject({ status: 'rejected', reason: 'address' })
    },
  )

  it('http is refused unless it is allowed', async () => {
    expect(await sendOne({}, message({ to: 'http://example.com/' }))).toMatchObject({ status: 'rejected', reason: 'policy' })
  })
})

describe('call-backs', () => {
  const body = Buffer.from(
    JSON.stringify({ type: 'receipts', data: { receipts: [{ reference: 'm1', what: 'delivered', at: '2026-03-01T11:59:00Z' }] } }),
  )
  const timestamp = Math.floor(now.getTime() / 1_000)
  const signed = (over: { secret?: string; timestamp?: number; body?: Buffer } = {}) => {
    const stamp = over.timestamp ?? timestamp
    return {
      headers: {
        'webhook-id': 'c1',
        'webhook-timestamp': String(stamp),
        'webhook-signature': sign({ id: 'c1', timestamp: stamp, body: over.body ?? body }, over.secret ?? SECRET),
      },
      body: over.body ?? body,
    }
  }
  const read = async (request: ReturnType<typeof signed>) => open({ previousSecret: OLD_SECRET }).receipts?.(request, context())

  it('that are genuine are read', async () => {
    const expected = [{ reference: 'm1', what: 'delivered', at: new Date('2026-03-01T11:59:00Z'), data: {} }]
    expect(await read(signed())).toEqual(expected)
    expect(await read(signed({ secret: OLD_SECRET }))).toEqual(expected)
  })

  it('that are forged, changed, old or from the future are refused', async () => {
    const stranger = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
    expect(await read(signed({ secret: stranger }))).toBe('not-genuine')
    expect(await read({ ...signed(), body: Buffer.from(body.toString().replace('m1', 'm2')) })).toBe('not-genuine')
    expect(await read(signed({ timestamp: timestamp - 301 }))).toBe('not-genuine')
    expect(await read(signed({ timestamp: timestamp + 301 }))).toBe('not-genuine')
    expect(await read({ headers: { ...signed().headers, 'webhook-signature': '' }, body })).toBe('not-genuine')
  })

  it('that are genuine nonsense are refused', async () => {
    for (const text of ['', 'null', '{}', '{"type":"receipts","data":{"receipts":[{"reference":"m1","what":"seen","at":"now"}]}}']) {
      await expect(read(signed({ body: Buffer.from(text) }))).rejects.toThrow()
    }
  })
})

describe('configuration', () => {
  it('marks the secrets and refuses weak ones', () => {
    const schema = config['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
    expect(schema).toHaveProperty('properties.secret.writeOnly', true)
    expect(schema).toHaveProperty('properties.previousSecret.writeOnly', true)
    for (const secret of ['', 'secret', 'whsec_c2hvcnQ=', 'whsec_!!!']) expect(config.safeParse({ secret }).success).toBe(false)
  })
})

describe('a workspace with a configuration of its own', () => {
  it('is what an edition may have', async () => {
    const uses = [use(channelWebhook, { secret: SECRET }, { workspaces: { brand: { secret: OLD_SECRET } } })] as const
    expect(await checkEdition(defineEdition({ name: 'brands', plugins: uses }), { core: new Map() })).toEqual([])
  })

  it('signs with its own secret and reads call-backs with it, and nobody else does', async () => {
    const server = await receive()
    const everybody = config.parse({ ...local, secret: SECRET, url: server.url })
    const brand = config.parse({ ...local, secret: OLD_SECRET, url: server.url })
    const webhook = createWebhookChannels({ config: everybody, configFor: (workspace) => (workspace === 'brand' ? brand : everybody) })
    releases.push(webhook.close)
    for (const workspace of ['brand', 'w']) await webhook.channel.send({ messages: [message()] }, { ...context(), workspace })
    const signed = server.received.map(({ headers, body }) =>
      [OLD_SECRET, SECRET].map((secret) => sign({ id: 'm1', timestamp: 1772366400, body }, secret) === headers['webhook-signature']),
    )
    expect(signed).toEqual([
      [true, false],
      [false, true],
    ])
    const text = JSON.stringify({ type: 'receipts', data: { receipts: [{ reference: 'm1', what: 'delivered', at: now.toISOString() }] } })
    const headers = {
      'webhook-id': 'c1',
      'webhook-timestamp': '1772366400',
      'webhook-signature': sign({ id: 'c1', timestamp: 1772366400, body: text }, OLD_SECRET),
    }
    const read = (workspace: string) => webhook.channel.receipts?.({ headers, body: Buffer.from(text) }, { ...context(), workspace })
    expect(await read('brand')).toMatchObject([{ reference: 'm1' }])
    expect(await read('w')).toBe('not-genuine')
  })
})
