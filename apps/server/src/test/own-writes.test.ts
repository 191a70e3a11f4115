import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './running.fixture.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const identify = (userId: string) => server.track('/v1/identify', { userId, traits: { email: `${userId}@example.com` } })
const consents = [{ purpose: 'marketing.email', state: 'granted' }]

describe('who sends an event and names its person at once', () => {
  it('reads the person', async () => {
    expect((await identify('reader')).status).toBe(200)
    const { status, body } = await server.call('GET', '/v1/profiles/email:Reader@example.com')
    expect(status).toBe(200)
    expect(body).toMatchObject({ traits: { email: 'reader@example.com' } })
  })

  it('records what the person agreed to, and the next message goes out', async () => {
    await identify('signing-up')
    expect((await server.call('PUT', '/v1/profiles/user_id:signing-up/consents', { consents })).status).toBe(200)
    const message = { profile: 'user_id:signing-up', purpose: 'marketing', content: { subject: 'Welcome', text: 'Hello.' } }
    expect((await server.call('POST', '/v1/messages', message)).body).toMatchObject({ state: 'queued' })
  })

  it('gives the person a benefit', async () => {
    const terms = { discount: { type: 'fixed', amount: 500 }, currency: 'USD' }
    await server.call('PUT', '/v1/benefits/welcome', { terms })
    await identify('welcomed')
    expect((await server.call('POST', '/v1/benefits/welcome/issue', { profile: 'user_id:welcomed' })).body).toMatchObject({ ok: true })
  })

  it('hears that somebody is unknown of whom nothing was sent', async () => {
    await identify('somebody')
    for (const reference of ['user_id:nobody', 'no_such_type:somebody']) {
      expect((await server.call('PUT', `/v1/profiles/${reference}/consents`, { consents })).status, reference).toBe(404)
    }
  })
})
