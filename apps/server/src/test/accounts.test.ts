import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './running.fixture.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

describe('accounts over HTTP', () => {
  it('are made by group calls, have members and events, and follow their people through merges and back', async () => {
    const at = (day: number): string => `2026-03-0${day}T08:00:00.000Z`
    const inAcme = { context: { groupId: 'acme' } }
    const batch = [
      { type: 'identify', userId: 'u-1', traits: { email: 'an@example.com' } },
      { type: 'group', userId: 'u-1', groupId: 'acme', traits: { name: 'Acme', plan: 'gold' }, timestamp: at(1) },
      { type: 'group', anonymousId: 'tablet', groupId: 'acme', traits: { plan: 'silver' }, timestamp: at(2) },
      { type: 'track', userId: 'u-2', event: 'Account Added User', properties: { role: 'admin' }, timestamp: at(3), ...inAcme },
      { type: 'track', userId: 'u-2', event: 'Report Opened', timestamp: at(4), ...inAcme },
      { type: 'track', userId: 'u-3', event: 'Account Added User', timestamp: at(1), ...inAcme },
      { type: 'track', userId: 'u-3', event: 'Account Removed User', timestamp: at(5), ...inAcme },
    ]
    await server.track('/v1/batch', { batch: batch.map((call, index) => ({ ...call, messageId: `account-${index}` })) })
    await server.settle()
    expect(await server.get('/v1/accounts')).toEqual({ accounts: [{ type: 'account', id: 'acme', members: 3 }], next: null })
    expect(await server.get('/v1/accounts/account:acme')).toMatchObject({
      traits: { name: 'Acme', plan: 'silver' },
      members: 3,
      firstSeen: at(1),
    })
    const members = async (query = '') => (await server.get(`/v1/accounts/account:acme/members${query}`)).members
    const [one, tablet, two] = [
      { identifiers: expect.arrayContaining([{ type: 'user_id', value: 'u-1' }]), since: at(1) },
      { identifiers: [{ type: 'anonymous_id', value: 'tablet' }], since: at(2) },
      { identifiers: [{ type: 'user_id', value: 'u-2' }], role: 'admin', since: at(3) },
    ]
    expect(await members()).toEqual([one, tablet, two])
    expect(await members('?left=true')).toHaveLength(4)
    expect((await server.get('/v1/accounts/account:acme/events?limit=2')).events).toMatchObject([
      { name: 'Account Removed User' },
      { name: 'Report Opened' },
    ])
    expect((await server.get('/v1/profiles/user_id:u-2')).accounts).toEqual([{ type: 'account', id: 'acme', role: 'admin', since: at(3) }])
    expect((await server.get('/v1/profiles/user_id:u-3/accounts')).accounts).toEqual([{ type: 'account', id: 'acme', leftAt: at(5) }])
    expect((await server.call('GET', '/v1/accounts/account:nobody')).status).toBe(404)

    await server.track('/v1/batch', { batch: [{ type: 'identify', userId: 'u-1', anonymousId: 'tablet', messageId: 'log-in' }] })
    await server.settle()
    expect(await members()).toEqual([one, two])
    const { merges } = await server.get('/v1/profiles/user_id:u-1/identity')
    const [{ merge } = { merge: 0 }] = merges as readonly { readonly merge: number }[]
    expect((await server.call('POST', '/v1/profiles/user_id:u-1/unmerge', { merge })).status).toBe(200)
    expect(await members()).toEqual([one, tablet, two])
  }, 60_000)

  it('are made by rules too: a household is who has one address', async () => {
    const address = { street: 'Long Street 5', postalCode: '10001' }
    const batch = ['h-1', 'h-2', 'h-3'].map((userId, index) => ({
      ...{ type: 'identify', userId, messageId: userId },
      traits: { address: index === 2 ? { ...address, postalCode: '10002' } : address },
    }))
    await server.track('/v1/batch', { batch })
    await server.settle()
    expect((await server.call('GET', '/v1/account-rules/household/accounts')).status).toBe(404)
    expect((await server.call('PUT', '/v1/account-rules/household', { by: [] })).status).toBe(400)
    const rule = { by: ['address.street', 'address.postalCode'] }
    expect(await server.call('PUT', '/v1/account-rules/household', rule)).toMatchObject({ status: 200, body: { ...rule, most: 12 } })

    const { accounts } = await server.get('/v1/account-rules/household/accounts')
    expect(accounts).toEqual([{ type: 'household', id: expect.any(String), members: 2 }])
    const [{ id } = { id: '' }] = accounts as readonly { readonly id: string }[]
    expect(await server.get(`/v1/accounts/household:${id}`)).toMatchObject({ members: 2, sharedBy: rule.by })
    expect((await server.get(`/v1/accounts/household:${id}/members`)).members).toEqual([
      { identifiers: [{ type: 'user_id', value: 'h-1' }] },
      { identifiers: [{ type: 'user_id', value: 'h-2' }] },
    ])
    expect((await server.get('/v1/profiles/user_id:h-2/accounts')).accounts).toEqual([{ type: 'household', id }])
    expect((await server.get('/v1/profiles/user_id:h-3/accounts')).accounts).toEqual([])
    expect((await server.call('DELETE', '/v1/account-rules/household')).status).toBe(200)
    expect((await server.call('GET', `/v1/accounts/household:${id}`)).status).toBe(404)
    expect(server.logged).toEqual([])
  }, 60_000)

  it('keep every rule of writers who write at once', async () => {
    const types = Array.from({ length: 12 }, (_, index) => `type-${index}`)
    const put = await Promise.all(types.map((type) => server.call('PUT', `/v1/account-rules/${type}`, { by: [type] })))
    expect(put.map(({ status }) => status)).toEqual(types.map(() => 200))
    for (const type of types) expect(await server.get(`/v1/account-rules/${type}/accounts`), type).toMatchObject({ rule: { by: [type] } })
    const [kept = '', ...gone] = types
    const deleted = await Promise.all(gone.map((type) => server.call('DELETE', `/v1/account-rules/${type}`)))
    expect(deleted.map(({ status }) => status)).toEqual(gone.map(() => 200))
    const left = await Promise.all(types.map((type) => server.call('GET', `/v1/account-rules/${type}/accounts`)))
    expect(left.map(({ status }) => status)).toEqual([200, ...gone.map(() => 404)])
    expect((await server.call('DELETE', `/v1/account-rules/${kept}`)).status).toBe(200)
    expect((await server.call('DELETE', `/v1/account-rules/${kept}`)).status).toBe(404)
  })
})
