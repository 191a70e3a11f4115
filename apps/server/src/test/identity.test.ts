import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './running.fixture.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

describe('identity over HTTP', () => {
  it('explains a merge, previews taking it back, takes it back once, and shows both people afterwards', async () => {
    await server.track('/v1/page', { anonymousId: 'kiosk', name: 'Home', messageId: 'visit' })
    await server.track('/v1/identify', { userId: 'u-9', traits: { city: 'Xi’an' }, messageId: 'sign-up' })
    await server.settle()
    await server.track('/v1/track', { userId: 'u-9', anonymousId: 'kiosk', event: 'Order Completed', messageId: 'order' })
    await server.settle()

    const explained = await server.get('/v1/profiles/anonymous_id:kiosk/identity')
    expect(explained.identifiers).toMatchObject([
      { type: 'anonymous_id', value: 'kiosk', event: { messageId: 'visit' } },
      { type: 'user_id', value: 'u-9', event: { messageId: 'sign-up' } },
    ])
    expect(explained.merges).toMatchObject([{ event: { messageId: 'order', name: 'Order Completed' }, undo: { possible: true } }])
    const [{ merge } = { merge: 0 }] = explained.merges as readonly { readonly merge: number }[]

    const path = '/v1/profiles/user_id:u-9/unmerge'
    const call = (body: unknown) => server.call('POST', path, JSON.stringify(body))
    const preview = await call({ merge, preview: true })
    expect(preview).toMatchObject({ status: 200, body: { done: false, merge, events: { returned: 1, reassigned: 0, remaining: 2 } } })
    expect(await call({ merge })).toMatchObject({ status: 200, body: { done: true, identifiers: { restored: [{ value: 'kiosk' }] } } })
    expect(await call({ merge })).toMatchObject({ status: 409, body: { code: 'TENON_CONFLICT' } })
    expect(await call({ merge: 999_999 })).toMatchObject({ status: 404, body: { code: 'TENON_NOT_FOUND' } })

    expect((await server.get('/v1/profiles/anonymous_id:kiosk/events')).events).toMatchObject([{ messageId: 'visit' }])
    expect((await server.get('/v1/profiles/user_id:u-9')).identifiers).toMatchObject([{ value: 'u-9' }])
    expect((await server.get('/v1/profiles/user_id:u-9/identity')).merges).toMatchObject([
      { undo: { possible: false, reason: 'ALREADY_UNDONE' } },
    ])
    expect(JSON.stringify(explained)).not.toMatch(/"(profile|winner|loser|members)"/)
  })
})
