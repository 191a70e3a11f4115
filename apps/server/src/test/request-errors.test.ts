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

  it('hears which channels there are', async () => {
    const { status, body } = await server.call('POST', '/v1/messages', { ...message, channel: 'pigeon' })
    expect(status).toBe(400)
    expect(body).toMatchObject({
      code: 'TENON_REQUEST_INVALID',
      errors: [{ path: 'body.channel', message: expect.stringContaining('email') }],
    })
  })

  it('hears which of its consents is wrong', async () => {
    const consents = ['marketing.email', 'marketng'].map((purpose) => ({ purpose, state: 'granted' }))
    const { status, body } = await server.call('PUT', '/v1/profiles/user_id:an/consents', { consents })
    expect(status).toBe(400)
    expect(body).toMatchObject({ errors: [{ path: 'body.consents[1].purpose' }] })
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
