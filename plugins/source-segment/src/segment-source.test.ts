import { readFileSync } from 'node:fs'
import type { CallContext, EventDraft, Method, PushReading, PushRequest, Refused } from '@tenon/kernel/contracts'
import { dataSet } from '@tenon/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { segmentConfig } from './config.ts'
import { createSegmentSource } from './segment-source.ts'

const source = createSegmentSource(segmentConfig.parse({}))
const NOW = new Date('2026-03-01T12:00:00.000Z')
const context: CallContext = { workspace: 'w', purpose: 'collect', now: NOW, signal: new AbortController().signal }

interface Sent {
  readonly method?: Method
  readonly route?: string
  readonly params?: Readonly<Record<string, string>>
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly bytes?: Uint8Array
}

function request({ method = 'POST', route = '/v1/batch', params = {}, query = '', headers = {}, body, bytes }: Sent): PushRequest {
  const text = body === undefined ? '' : JSON.stringify(body)
  return { method, path: route, route, params, query: new URLSearchParams(query), headers, body: bytes ?? Buffer.from(text) }
}

const read = (sent: Sent): PushReading => source.read(request(sent), context) as PushReading
function parts(sent: Sent): { events: readonly EventDraft[]; refused: readonly Refused[] } {
  const reading = read(sent)
  if (reading.kind !== 'events') throw new Error(`not events but ${reading.kind}`)
  return reading
}
function one(route: string, body: unknown, headers: Readonly<Record<string, string>> = {}): EventDraft {
  const { events, refused } = parts({ route, body, headers })
  expect(refused).toEqual([])
  const [event] = events
  if (event === undefined) throw new Error('no event')
  return event
}
const refusal = (route: string, body: unknown): string | undefined => parts({ route, body }).refused[0]?.code

describe('paths', () => {
  it.each([
    ['/v1/track', { event: 'A' }, 'track'],
    ['/v1/t', { event: 'A' }, 'track'],
    ['/v1/identify', {}, 'identify'],
    ['/v1/i', {}, 'identify'],
    ['/v1/page', {}, 'page'],
    ['/v1/p', {}, 'page'],
    ['/v1/screen', {}, 'screen'],
    ['/v1/s', {}, 'screen'],
    ['/v1/group', { groupId: 'g' }, 'group'],
    ['/v1/g', { groupId: 'g' }, 'group'],
    ['/v1/alias', { userId: 'u', previousId: 'p' }, 'alias'],
    ['/v1/a', { userId: 'u', previousId: 'p' }, 'alias'],
  ])('%s makes its type', (route, body, type) => {
    expect(one(route, body).type).toBe(type)
  })

  it.each(['/v1/batch', '/v1/b', '/v1/import', '/sdk/batch', '/beacon/v1/batch'])('%s takes a batch', (route) => {
    const { events } = parts({ route, body: { batch: [{ type: 'track', event: 'A' }, { type: 'page' }] } })
    expect(events.map(({ type }) => type)).toEqual(['track', 'page'])
  })

  it.each(['/api/s/:type', '/api/s/s2s/:type'])('%s takes the type from the path', (route) => {
    const { events } = parts({ route, params: { type: 'identify' }, body: { userId: 'u' } })
    expect(events[0]?.type).toBe('identify')
    expect(parts({ route, params: { type: 'event' }, body: { type: 'track', event: 'A' } }).events[0]?.type).toBe('track')
    expect(parts({ route, params: { type: 'event' }, body: {} }).refused[0]?.code).toBe('UNKNOWN_TYPE')
  })

  it('answers a preflight on every path with what was asked for', () => {
    for (const { path, methods } of source.routes) {
      expect(methods).toContain('OPTIONS')
      const reading = read({
        method: 'OPTIONS',
        route: path,
        headers: { origin: 'https://shop.example', 'access-control-request-headers': 'authorization,x-retry-count' },
      })
      expect(reading).toMatchObject({
        kind: 'answer',
        answer: {
          status: 204,
          headers: { 'access-control-allow-origin': 'https://shop.example', 'access-control-allow-headers': 'authorization,x-retry-count' },
        },
      })
    }
  })

  it('answers what the browser libraries fetch before they send', () => {
    const settings = read({ method: 'GET', route: '/v1/projects/:key/settings', params: { key: 'k1' } })
    expect(settings.kind === 'answer' && JSON.parse(settings.answer.body)).toEqual({
      integrations: { 'Segment.io': { apiKey: 'k1' } },
      plan: {},
      metrics: {},
      remotePlugins: [],
    })
    const config = read({ method: 'GET', route: '/sourceConfig', headers: { authorization: `Basic ${btoa('k1:')}` } })
    expect(config.kind === 'answer' && JSON.parse(config.answer.body)).toMatchObject({
      source: { writeKey: 'k1', enabled: true, destinations: [] },
    })
    expect(read({ route: '/v1/m', body: { series: [] } })).toMatchObject({ kind: 'answer', answer: { status: 200 } })
  })
})

describe('write key', () => {
  const key = (sent: Sent): string | undefined => source.writeKey(request(sent))

  it('is found wherever a client puts it', () => {
    expect(key({ headers: { authorization: `Basic ${btoa('k:')}` } })).toBe('k')
    expect(key({ headers: { authorization: `basic ${btoa(':k')}` } })).toBe('k')
    expect(key({ headers: { authorization: 'Bearer k' } })).toBe('k')
    expect(key({ headers: { 'x-write-key': 'k' } })).toBe('k')
    expect(key({ headers: { 'x-write-key': 'any-name:k' } })).toBe('k')
    expect(key({ headers: { 'x-write-key': 'k:' } })).toBe('k')
    expect(key({ query: 'writeKey=k' })).toBe('k')
    expect(key({ body: { writeKey: 'k', batch: [] } })).toBe('k')
    expect(key({ method: 'GET', route: '/v1/projects/:key/settings', params: { key: 'k' } })).toBe('k')
    expect(key({ body: { batch: [] } })).toBeUndefined()
  })

  it('is the one in the body where OAuth takes the header', () => {
    expect(key({ headers: { authorization: 'Bearer some-token' }, body: { writeKey: 'k' } })).toBe('k')
  })
})

describe('an event', () => {
  it('keeps everything that was sent', () => {
    const event = one('/v1/identify', {
      messageId: 'm-1',
      userId: 'u-1',
      anonymousId: 'a-1',
      traits: { email: 'An@Example.com', phone: '+8613800138000', plan: 'gold' },
      context: {
        ip: '8.8.8.8',
        device: { id: 'd-1' },
        externalIds: [{ id: 'o-1', type: 'openid', collection: 'users', encoding: 'none' }],
      },
      integrations: { Email: false },
      timestamp: '2026-03-01T11:59:00.000Z',
    })
    expect(event).toMatchObject({ messageId: 'm-1', type: 'identify', name: 'identify', timestamp: new Date('2026-03-01T11:59:00.000Z') })
    expect(event.traits).toEqual({ email: 'An@Example.com', phone: '+8613800138000', plan: 'gold' })
    expect(event.context).toMatchObject({ ip: '8.8.8.8', integrations: { Email: false } })
    expect(event.identifiers).toEqual([
      { type: 'user_id', value: 'u-1' },
      { type: 'anonymous_id', value: 'a-1' },
      { type: 'email', value: 'An@Example.com' },
      { type: 'phone', value: '+8613800138000' },
      { type: 'device_id', value: 'd-1' },
      { type: 'openid', value: 'o-1' },
    ])
  })

  it('takes the traits of an identify call from the context as well, as RudderStack sends them', () => {
    const event = one('/v1/identify', { userId: 'u', context: { traits: { email: 'a@b.cn', plan: 'x' } }, traits: { plan: 'y' } })
    expect(event.traits).toEqual({ email: 'a@b.cn', plan: 'y' })
    expect(event.identifiers).toContainEqual({ type: 'email', value: 'a@b.cn' })
  })

  it('does not take the address of an account for that of a person', () => {
    const event = one('/v1/group', { userId: 'u', groupId: 'g', traits: { email: 'office@example.com' } })
    expect(event.group).toEqual({ id: 'g', traits: { email: 'office@example.com' } })
    expect(event.traits).toEqual({})
    expect(event.identifiers).toEqual([{ type: 'user_id', value: 'u' }])
  })

  it('takes the name of a page from its properties as well, as Jitsu sends it', () => {
    expect(one('/v1/page', { properties: { name: 'Home' } }).name).toBe('Home')
    expect(one('/v1/screen', { name: 'Cart', properties: { name: 'Home' } }).name).toBe('Cart')
    expect(one('/v1/page', { name: ' ', properties: { name: 7 } }).name).toBe('page')
  })

  it('understands the legacy names of the HTTP API', () => {
    const event = one('/v1/batch', [{ action: 'track', user_id: 'u', event: 'Email Opened' }])
    expect(event).toMatchObject({ type: 'track', name: 'Email Opened', identifiers: [{ type: 'user_id', value: 'u' }] })
  })

  it('lies over the context of its batch', () => {
    const [event] = parts({
      body: { context: { ip: '1.1.1.1', locale: 'de' }, batch: [{ type: 'page', context: { locale: 'fr' } }] },
    }).events
    expect(event?.context).toEqual({ ip: '1.1.1.1', locale: 'fr' })
  })
})

describe('time', () => {
  it('is corrected by the skew of the client: receivedAt - (sentAt - originalTimestamp)', () => {
    const body = { event: 'A', timestamp: '2026-03-01T10:00:00.000Z', sentAt: '2026-03-01T10:00:05.000Z' }
    expect(one('/v1/track', body).timestamp).toEqual(new Date(NOW.getTime() - 5_000))
    const { timestamp, ...called } = { ...body, originalTimestamp: '2026-03-01T10:00:04.000Z' }
    expect(one('/v1/track', called).timestamp).toEqual(new Date(NOW.getTime() - 1_000))
    expect(one('/v1/track', { ...called, timestamp }).timestamp).toEqual(new Date(NOW.getTime() - 5_000))
    expect(one('/v1/track', { event: 'A', timestamp: body.timestamp }, { sentat: body.sentAt }).timestamp).toEqual(
      new Date(NOW.getTime() - 5_000),
    )
    expect(one('/v1/batch', { sentAt: body.sentAt, batch: [{ type: 'track', event: 'A', timestamp: body.timestamp }] }).timestamp).toEqual(
      new Date(NOW.getTime() - 5_000),
    )
  })

  it('stands as it is without sentAt, and is that of receipt when there is none', () => {
    expect(one('/v1/track', { event: 'A', timestamp: '2020-01-01' }).timestamp).toEqual(new Date('2020-01-01T00:00:00Z'))
    expect(one('/v1/track', { event: 'A', timestamp: '2020-01-01 08:00:00' }).timestamp).toEqual(new Date('2020-01-01T08:00:00Z'))
    expect(one('/v1/track', { event: 'A', timestamp: '2020-01-01T08:00:00+08:00' }).timestamp).toEqual(new Date('2020-01-01T00:00:00Z'))
    expect(one('/v1/track', { event: 'A', timestamp: 1577836800 }).timestamp).toEqual(new Date('2020-01-01T00:00:00Z'))
    expect(one('/v1/track', { event: 'A', timestamp: 1577836800000 }).timestamp).toEqual(new Date('2020-01-01T00:00:00Z'))
    expect(one('/v1/track', { event: 'A', timestamp: '2020-01-01T00:00:00Z', sentAt: 'yesterday' }).timestamp).toEqual(
      new Date('2020-01-01T00:00:00Z'),
    )
    expect(one('/v1/track', { event: 'A' }).timestamp).toEqual(NOW)
  })

  it('is refused when it is none', () => {
    expect(refusal('/v1/track', { event: 'A', timestamp: 'not-a-date' })).toBe('INVALID_TIMESTAMP')
    expect(refusal('/v1/track', { event: 'A', timestamp: true })).toBe('INVALID_TIMESTAMP')
    expect(refusal('/v1/track', { event: 'A', timestamp: 1e300 })).toBe('INVALID_TIMESTAMP')
  })
})

describe('messageId', () => {
  it('is made when there is none: the same for the same request, another for an equal event', () => {
    const body = {
      batch: [
        { type: 'track', event: 'A' },
        { type: 'track', event: 'A' },
      ],
    }
    const ids = parts({ body }).events.map(({ messageId }) => messageId)
    expect(new Set(ids).size).toBe(2)
    expect(parts({ body }).events.map(({ messageId }) => messageId)).toEqual(ids)
    const later = source.read(request({ body }), { ...context, now: new Date(NOW.getTime() + 1) }) as PushReading & { kind: 'events' }
    expect(ids).not.toContain(later.events[0]?.messageId)
  })

  it('may be a number, and nothing stranger', () => {
    expect(one('/v1/track', { event: 'A', messageId: 7 }).messageId).toBe('7')
    expect(refusal('/v1/track', { event: 'A', messageId: { a: 1 } })).toBe('INVALID_MESSAGE_ID')
    expect(refusal('/v1/track', { event: 'A', messageId: 'x'.repeat(257) })).toBe('INVALID_MESSAGE_ID')
  })
})

describe('odd input', () => {
  it('reads ids that are numbers, and absent ones as absent', () => {
    expect(one('/v1/track', { event: 'A', userId: 42 }).identifiers).toEqual([{ type: 'user_id', value: '42' }])
    expect(one('/v1/track', { event: 'A', userId: null, anonymousId: '' }).identifiers).toEqual([])
  })

  it('refuses an id that arrived rounded: it could be that of somebody else', () => {
    const { refused } = parts({ route: '/v1/track', bytes: Buffer.from('{"event":"A","userId":12345678901234567890}') })
    expect(refused[0]?.code).toBe('INVALID_USER_ID')
    expect(refusal('/v1/track', { event: 'A', anonymousId: ['a'] })).toBe('INVALID_ANONYMOUS_ID')
  })

  it.each([
    ['/v1/track', { event: '' }, 'INVALID_EVENT_NAME'],
    ['/v1/track', { event: 7 }, 'INVALID_EVENT_NAME'],
    ['/v1/track', {}, 'INVALID_EVENT_NAME'],
    ['/v1/alias', { userId: 'u' }, 'MISSING_PREVIOUS_ID'],
    ['/v1/alias', { previousId: 'u' }, 'MISSING_USER_ID'],
    ['/v1/group', { userId: 'u' }, 'MISSING_GROUP_ID'],
    ['/v1/track', { event: 'A', properties: ['a'] }, 'INVALID_PROPERTIES'],
    ['/v1/track', { event: 'A', properties: 'a' }, 'INVALID_PROPERTIES'],
    ['/v1/identify', { userId: 'u', traits: 7 }, 'INVALID_TRAITS'],
    ['/v1/track', { event: 'A', context: 'web' }, 'INVALID_CONTEXT'],
    ['/v1/batch', { type: 'delete', userId: 'u' }, 'UNKNOWN_TYPE'],
    ['/v1/batch', { batch: [null] }, 'NOT_AN_EVENT'],
  ])('%s %j is refused as %s', (route, body, code) => {
    expect(refusal(route, body)).toBe(code)
  })

  it('refuses a number that is beyond all numbers', () => {
    const { refused } = parts({ route: '/v1/track', bytes: Buffer.from('{"event":"A","properties":{"total":[1e999]}}') })
    expect(refused[0]?.code).toBe('INVALID_NUMBER')
  })

  it('reads the empty list of PHP as an empty map', () => {
    expect(one('/v1/track', { event: 'A', properties: [] }).properties).toEqual({})
  })

  it('makes text storable: lone surrogates, NUL and invalid UTF-8', () => {
    const event = one('/v1/track', { event: 'A\u0000', userId: 'u\ud800', properties: { 'k\u0000': ['\udfff'], ok: '😀' } })
    expect(event).toMatchObject({ name: 'A\ufffd', identifiers: [{ value: 'u\ufffd' }], properties: { 'k\ufffd': ['\ufffd'], ok: '😀' } })
    const { events } = parts({ route: '/v1/track', bytes: Buffer.from([...Buffer.from('{"event":"'), 0xff, ...Buffer.from('"}')]) })
    expect(events[0]?.name).toBe('\ufffd')
  })

  it.each(['__proto__', '\\u005f_proto__', '__\\u0070roto__'])('takes out %s', (key) => {
    const text = `{"event":"A","properties":{"${key}":{"admin":true},"a":{"${key}":1,"b":2}},"${key}":{"userId":"x"}}`
    const [event] = parts({ route: '/v1/track', bytes: Buffer.from(text) }).events
    expect(JSON.stringify(event?.properties)).toBe('{"a":{"b":2}}')
    expect(event?.identifiers).toEqual([])
    expect(Object.getPrototypeOf(event?.properties)).toBe(Object.prototype)
  })

  it('reads an alias of somebody with himself as an event that joins nobody', () => {
    expect(one('/v1/alias', { userId: 'u-1', previousId: 'u-1' }).identifiers).toEqual([{ type: 'user_id', value: 'u-1' }])
  })

  it('gives previousId as user and as anonymous id, since the protocol does not tell', () => {
    expect(one('/v1/alias', { userId: 'u', previousId: 'p' }).identifiers).toEqual([
      { type: 'user_id', value: 'u' },
      { type: 'user_id', value: 'p' },
      { type: 'anonymous_id', value: 'p' },
    ])
    expect(one('/v1/alias', { userId: 'u', anonymousId: 'p' }).identifiers).toEqual([
      { type: 'user_id', value: 'u' },
      { type: 'anonymous_id', value: 'p' },
    ])
  })
})

describe('limits', () => {
  const good = { type: 'track', event: 'A' }

  it('refuse an event alone, however large it makes its batch', () => {
    const huge = { ...good, properties: { text: 'x'.repeat(2_000_000) } }
    const { events, refused } = parts({ body: { batch: [good, huge, good] } })
    expect(events).toHaveLength(2)
    expect(refused.map(({ code }) => code)).toEqual(['EVENT_TOO_LARGE'])
  })

  it('count bytes of JSON', () => {
    const fitting = { ...good, properties: { text: 'é'.repeat(16_000) } }
    const tooLarge = { ...good, properties: { text: 'é'.repeat(17_000) } }
    expect(parts({ body: { batch: [fitting, tooLarge] } })).toMatchObject({ events: [{}], refused: [{ code: 'EVENT_TOO_LARGE' }] })
  })

  it('refuse an event that is nested without end', () => {
    const deep = `{"type":"track","event":"A","properties":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}}`
    const { events, refused } = parts({ bytes: Buffer.from(`{"batch":[{"type":"page","x":"__proto__"},${deep}]}`) })
    expect(events).toHaveLength(1)
    expect(refused[0]?.code).toBe('EVENT_TOO_DEEP')
  })

  it.each(['x', null, 7, {}])('refuse a body whose batch is %j, unless it is an event', (batch) => {
    expect(read({ body: { batch } })).toMatchObject({ kind: 'unreadable', refused: { code: 'BATCH_NOT_A_LIST', payload: { batch } } })
    expect(one('/v1/batch', { type: 'track', event: 'Brewed', batch }).name).toBe('Brewed')
    expect(parts({ body: { batch: [{ batch }, { type: 'page' }] } })).toMatchObject({ events: [{}], refused: [{ code: 'UNKNOWN_TYPE' }] })
  })

  it('refuse a batch that is too large or too long as a whole', () => {
    const large = Array.from({ length: 30 }, () => ({ ...good, properties: { text: 'x'.repeat(20_000) } }))
    expect(read({ body: { batch: large } })).toMatchObject({ kind: 'unreadable', refused: { code: 'BATCH_TOO_LARGE' } })
    expect(read({ body: { batch: Array.from({ length: 2_501 }, () => good) } })).toMatchObject({
      kind: 'unreadable',
      refused: { code: 'BATCH_TOO_LONG' },
    })
    expect(parts({ body: { batch: Array.from({ length: 2_500 }, () => good) } }).events).toHaveLength(2_500)
  })
})

describe('answers', () => {
  const answer = (outcome: Parameters<typeof source.answer>[0]) => source.answer(outcome, request({}))
  it('say what clients understand', () => {
    expect(answer({ kind: 'durable', accepted: 1, refused: 1 })).toMatchObject({ status: 200, body: '{"success":true}' })
    expect(answer({ kind: 'unauthorised' }).status).toBe(401)
    expect(answer({ kind: 'unreadable', message: 'no' }).status).toBe(400)
    expect(answer({ kind: 'too-large', limitBytes: 1 }).status).toBe(413)
    expect(answer({ kind: 'busy', retryAfterSeconds: 0.2 })).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
  })
})

describe('whatever comes in', () => {
  const routeOf = fc.constantFrom(...source.routes.map(({ path }) => path))
  const nearEvent = fc.record(
    {
      type: fc.oneof(fc.constantFrom('track', 'identify', 'page', 'screen', 'group', 'alias'), fc.jsonValue()),
      event: fc.jsonValue(),
      userId: fc.jsonValue(),
      anonymousId: fc.jsonValue(),
      previousId: fc.jsonValue(),
      groupId: fc.jsonValue(),
      messageId: fc.jsonValue(),
      timestamp: fc.oneof(fc.jsonValue(), fc.constantFrom('2020-01-01', 'not-a-date', '2999-01-01T00:00:00Z', '9999-99-99')),
      sentAt: fc.jsonValue(),
      properties: fc.jsonValue(),
      traits: fc.oneof(fc.jsonValue(), fc.record({ email: fc.jsonValue(), phone: fc.jsonValue() })),
      context: fc.oneof(
        fc.jsonValue(),
        fc.record({ externalIds: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())), traits: fc.jsonValue() }),
      ),
    },
    { requiredKeys: [] },
  )

  it('never throws on bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), routeOf, (bytes, route) => {
        const asked = request({ route, bytes })
        source.writeKey(asked)
        expect(['events', 'answer', 'unreadable']).toContain((source.read(asked, context) as PushReading).kind)
      }),
    )
  })

  it('never throws on JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), routeOf, (body, route) => {
        const asked = request({ route, body })
        source.writeKey(asked)
        expect(['events', 'answer', 'unreadable']).toContain((source.read(asked, context) as PushReading).kind)
      }),
    )
  })

  it('becomes an event or a refusal, part by part', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(nearEvent, fc.jsonValue())), (batch) => {
        const { events, refused } = parts({ body: { batch } })
        expect(events.length + refused.length).toBe(batch.length)
        for (const event of events) {
          expect(event.name).not.toBe('')
          expect(event.messageId).not.toBe('')
          expect(event.timestamp.getTime()).not.toBeNaN()
          for (const { type, value } of event.identifiers) expect(type !== '' && value !== '').toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})

const { path: examples, missing } = dataSet({ name: 'events/segment-spec-examples.jsonl', suite: 'what the source reads of the examples' })
describe.skipIf(missing !== undefined)(
  `the examples of the Segment specification${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    it('all go in: what the specification calls an event becomes one', () => {
      const rows = readFileSync(examples, 'utf8').trim().split('\n')
      expect(rows).toHaveLength(90)
      let events = 0
      for (const row of rows) {
        const { json } = JSON.parse(row)
        const reading = parts({ body: Array.isArray(json) ? { batch: json } : { batch: [json] } })
        const sent: { type?: string; action?: string }[] = Array.isArray(json) ? json : [json]
        const known = sent.filter(({ type, action }) => /^(track|identify|page|screen|group|alias)$/.test(type ?? action ?? ''))
        expect(reading.events).toHaveLength(known.length)
        expect(reading.refused.every(({ code }) => code === 'UNKNOWN_TYPE')).toBe(true)
        expect(reading.refused).toHaveLength(sent.length - known.length)
        events += known.length
      }
      expect(events).toBeGreaterThan(80)
    })
  },
)
