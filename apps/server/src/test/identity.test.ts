import { openStore } from '@tenon/store'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstWorkspace } from '../serve.ts'
import { startServerAt, type TestPlace, type TestServer, testPlace } from './running.fixture.ts'

let place: TestPlace
let server: TestServer

beforeAll(async () => {
  place = await testPlace()
  server = await startServerAt(place)
})
afterAll(async () => {
  await server.close()
  await place.close()
})

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

  it('keeps what is said at the moment of an unmerge for who it names, and for nobody else', async () => {
    await server.track('/v1/page', { anonymousId: 'till', name: 'Home', messageId: 'till-visit' })
    await server.track('/v1/identify', { userId: 'u-till', messageId: 'till-sign-up' })
    await server.settle()
    await server.track('/v1/track', { userId: 'u-till', anonymousId: 'till', event: 'Order Completed', messageId: 'till-order' })
    await server.settle()
    const { merges } = await server.get('/v1/profiles/anonymous_id:till/identity')
    const [{ merge } = { merge: 0 }] = merges as readonly { readonly merge: number }[]

    const client = new pg.Client({ connectionString: place.env.TENON_DATABASE_URL })
    await client.connect()
    const store = openStore({ databaseUrl: place.env.TENON_DATABASE_URL ?? '', clock: { now: () => new Date() } })
    const waiting = async () => {
      const { rows } = await client.query(`select from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`)
      return rows.length
    }
    try {
      const answers: Promise<{ readonly status: number }>[] = []
      let answered = 0
      const asked = (answer: Promise<{ readonly status: number }>) => void answers.push(answer.finally(() => answered++))
      await store.in(firstWorkspace).transaction(async (tx) => {
        await tx.profiles.lock()
        asked(server.call('POST', '/v1/profiles/user_id:u-till/unmerge', { merge }))
        await expect.poll(waiting, { timeout: 20_000 }).toBe(1)
        const no = { purpose: 'marketing', state: 'denied', basis: 'consent', notice: '1', source: 'desk', evidence: {} }
        asked(server.call('PUT', '/v1/profiles/anonymous_id:till/consents', { consents: [no] }))
        await expect.poll(async () => (await waiting()) + answered, { timeout: 20_000 }).toBe(2)
      })
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200])
    } finally {
      await store.close()
      await client.end()
    }
    const marketing = async (profile: string) => {
      const { consent } = await server.get(`/v1/profiles/${profile}`)
      return (consent as readonly { readonly purpose: string }[]).find(({ purpose }) => purpose === 'marketing')
    }
    expect(await marketing('anonymous_id:till')).toMatchObject({ receipt: { state: 'denied', source: 'desk' } })
    expect(await marketing('user_id:u-till')).not.toHaveProperty('receipt')
  })
})
