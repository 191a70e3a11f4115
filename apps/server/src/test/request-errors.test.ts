import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './running.fixture.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.track('/v1/identify', { userId: 'an', traits: { email: 'an@example.com' } })
})
afterAll(() => server.close())

const message = { profile: 'user_id:an', purpose: 'marketing', content: { subject: 'Spring', text: 'It is here.' } }

describe('a request that can not be served', () => {
  it('hears what is wrong with a query', async () => {
    const lists = ['/v1/failed-events', '/v1/failed-events/counts', '/v1/accounts', '/v1/profiles/user_id:an/events']
    const withoutQuery = ['/v1/segments', '/v1/segments/none', '/v1/tags', '/v1/benefits', '/v1/plugins', '/v1/conservation']
    for (const list of [...lists, ...withoutQuery]) {
      const { status, body } = await server.call('GET', `${list}?lmit=5`)
      expect([status, body], list).toMatchObject([400, { code: 'TENON_REQUEST_INVALID', detail: expect.stringContaining('lmit') }])
    }
    expect((await server.call('GET', '/v1/profiles/user_id:an/events?limit=5')).status).toBe(200)
    const { status, body } = await server.call('POST', '/v1/evaluations?dryRun=true', {})
    expect([status, body]).toMatchObject([400, { detail: expect.stringContaining('dryRun') }])
  })

  it('hears that a body without a length is too large before all of it is read, on routes without a key too', async () => {
    for (const [method, path] of [
      ['POST', '/receipts/main/email'],
      ['PUT', '/v1/items'],
    ] as const) {
      let sent = 0
      const piece = Buffer.alloc(64 * 1024, ' ')
      const body = new ReadableStream<Uint8Array>({
        pull(stream) {
          sent += piece.byteLength
          if (sent > 256 * 1024 * 1024) stream.close()
          else stream.enqueue(piece)
        },
      })
      const headers = { authorization: 'Bearer api-key-of-the-test-1', 'content-type': 'application/json' }
      const answer = await fetch(`${server.address}${path}`, { method, headers, body, duplex: 'half' })
      expect([answer.status, await answer.json()], path).toMatchObject([413, { code: 'TENON_BODY_TOO_LARGE' }])
      expect(sent, path).toBeLessThan(64 * 1024 * 1024)
    }
  })

  it('hears which methods a path has, whatever it sends, and that a path is none', async () => {
    for (const [method, path, allow] of [
      ['PATCH', '/v1/segments/some', 'GET, HEAD, PUT, DELETE'],
      ['POST', '/v1/conservation', 'GET, HEAD'],
      ['GET', '/v1/track', 'POST'],
      ['DELETE', '//v1/track/', 'POST'],
      ['DELETE', '/healthz', 'GET, HEAD'],
    ] as const) {
      for (const sent of [{}, method === 'GET' ? {} : { body: 'no json', headers: { 'content-type': 'text/plain' } }]) {
        const headers = { authorization: 'Bearer api-key-of-the-test-1', ...sent.headers }
        const answer = await fetch(`${server.address}${path}`, { ...sent, method, headers })
        expect([answer.status, await answer.json(), answer.headers.get('allow')], path).toMatchObject([
          405,
          { code: 'TENON_METHOD_NOT_ALLOWED' },
          allow,
        ])
      }
    }
    for (const path of ['/docs/errors/NO_SUCH_CODE', '/docs/assets/nothing.js'])
      expect(await server.call('GET', path), path).toMatchObject({ status: 404, body: { code: 'TENON_ROUTE_UNKNOWN' } })
    expect(await server.call('PUT', '/v1/nothing')).toMatchObject({ status: 404, body: { code: 'TENON_ROUTE_UNKNOWN' } })
  })

  it('hears what is in its JSON that nothing takes, and where', async () => {
    const send = async (body: string) => {
      const headers = { authorization: 'Bearer api-key-of-the-test-1', 'content-type': 'application/json' }
      const answer = await fetch(`${server.address}/v1/segments/preview`, { method: 'POST', headers, body })
      return [answer.status, await answer.json()]
    }
    for (const [text, where] of [
      ['{"rule": {"__proto__": {}}}', 'body.rule'],
      ['{"rule": {"event": "a\\u0000"}}', 'body.rule.event'],
      [`{"rule": ${'['.repeat(65)}${']'.repeat(65)}}`, 'body.rule[0][0]'],
    ] as const)
      expect(await send(text), text).toMatchObject([400, { code: 'TENON_BODY_UNSAFE', detail: expect.stringContaining(where) }])
    expect(await send('{"rule": ')).toMatchObject([400, { code: 'TENON_BODY_NOT_JSON' }])
  })

  it('hears which channels there are', async () => {
    const { status, body } = await server.call('POST', '/v1/messages', { ...message, channel: 'pigeon' })
    expect(status).toBe(400)
    expect(body).toMatchObject({
      code: 'TENON_REQUEST_INVALID',
      errors: [{ path: 'body.channel', message: expect.stringContaining('email') }],
    })
  })

  it('hears that no policy knows the purpose of its message', async () => {
    const { status, body } = await server.call('POST', '/v1/messages', { ...message, purpose: 'marketng' })
    expect([status, body]).toMatchObject([
      400,
      { errors: [{ path: 'body.purpose', message: expect.stringMatching(/'marketng'.*marketing/) }] },
    ])
  })

  it('hears what a rule names that is not there', async () => {
    const rule = { and: [{ segment: 'none' }, { not: { consent: 'marketng' } }] }
    const preview = await server.call('POST', '/v1/segments/preview', { rule })
    expect([preview.status, preview.body]).toMatchObject([
      422,
      {
        code: 'TENON_DEFINITION_INVALID',
        errors: [
          { path: 'rule.and[0]', message: 'refers to segment none, which does not exist' },
          { path: 'rule.and[1].not', message: expect.stringContaining("'marketng'") },
        ],
      },
    ])
    expect(await server.call('PUT', '/v1/segments/some', { rule })).toMatchObject({ status: 422 })
    const terms = { discount: { type: 'fixed', amount: 500 }, currency: 'USD' }
    const benefit = await server.call('PUT', '/v1/benefits/spring', { terms, eligibility: rule })
    expect([benefit.status, benefit.body]).toMatchObject([
      422,
      { errors: [{ path: 'eligibility.and[0]' }, { path: 'eligibility.and[1].not' }] },
    ])
  })

  it('hears who still needs what it would take out of use', async () => {
    const put = async (path: string, body: unknown) => expect((await server.call('PUT', path, body)).status, path).toBe(200)
    const terms = { discount: { type: 'fixed', amount: 500 }, currency: 'USD' }
    await put('/v1/tags/orders', { measure: { event: 'Order Completed', measure: 'count' } })
    await put('/v1/segments/buyers', { rule: { tag: 'orders', gte: 1 } })
    await put('/v1/benefits/thanks', { terms, eligibility: { and: [{ segment: 'buyers' }, { tag: 'orders', gte: 2 }] } })
    const conflict = async (path: string) => {
      const { status, body } = await server.call('DELETE', path)
      expect([status, body], path).toMatchObject([409, { code: 'TENON_CONFLICT' }])
      return (body as { readonly detail: string }).detail
    }
    expect(await conflict('/v1/segments/buyers')).toBe('benefit thanks needs segment buyers')
    expect(await conflict('/v1/tags/orders')).toBe('segment buyers needs tag orders; benefit thanks needs tag orders')
    const issued = await server.call('POST', '/v1/benefits/thanks/issue', { profile: 'user_id:an' })
    expect(issued.body).toMatchObject({
      ok: false,
      reason: {
        code: 'NOT_ELIGIBLE',
        detail: {
          failed: [
            { path: 'eligibility.and[0]', kind: 'segment', name: 'buyers' },
            { path: 'eligibility.and[1]', kind: 'tag', name: 'orders' },
          ],
        },
      },
    })
    await put('/v1/benefits/thanks', { terms })
    for (const path of ['/v1/segments/buyers', '/v1/tags/orders']) expect((await server.call('DELETE', path)).status, path).toBe(200)
  })

  it('hears which of its consents is wrong', async () => {
    const consents = ['marketing.email', 'marketng'].map((purpose) => ({ purpose, state: 'granted' }))
    const { status, body } = await server.call('PUT', '/v1/profiles/user_id:an/consents', { consents })
    expect(status).toBe(400)
    expect(body).toMatchObject({ errors: [{ path: 'body.consents[1].purpose' }] })
    const yes = { purpose: 'marketing.email', state: 'granted' }
    const wrong = [
      [{ ...yes, at: '2099-01-01T00:00:00Z' }, 'at'],
      [{ ...yes, at: '2026-01-02T00:00:00Z', expiresAt: '2026-01-01T00:00:00Z' }, 'expiresAt'],
    ] as const
    for (const [consent, field] of wrong) {
      expect(await server.call('PUT', '/v1/profiles/user_id:an/consents', { consents: [yes, consent] }), field).toMatchObject({
        status: 400,
        body: { errors: [{ path: `body.consents[1].${field}` }] },
      })
    }
    const { consent } = await server.get('/v1/profiles/user_id:an')
    expect(consent).not.toContainEqual(expect.objectContaining({ receipt: expect.anything() }))
  })

  it('hears that its idempotency key was used for another message', async () => {
    const send = (more: object) => server.call('POST', '/v1/messages', { ...message, idempotencyKey: 'spring', ...more })
    expect((await send({})).body).toMatchObject({ repeated: false })
    expect((await send({})).body).toMatchObject({ repeated: true })
    for (const other of [{ purpose: 'service' }, { content: { subject: 'Other', text: 'Other.' } }, { locale: 'zh' }]) {
      const { status, body } = await send(other)
      expect([status, body], JSON.stringify(other)).toMatchObject([409, { code: 'TENON_IDEMPOTENCY_KEY_REUSED' }])
    }
  })
})
