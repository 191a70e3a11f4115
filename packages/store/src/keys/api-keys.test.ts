import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'

let test: TestStore

beforeAll(async () => {
  test = await openTestStore()
  await test.store.workspaces.ensure({ id: 'main', name: 'Main' })
  await test.store.workspaces.ensure({ id: 'other', name: 'Other' })
})
afterAll(() => test.close())

describe('workspaces', () => {
  it('are made once and keep their name', async () => {
    expect(await test.store.workspaces.ensure({ id: 'main', name: 'Else' })).toMatchObject({ id: 'main', name: 'Main' })
    expect((await test.store.workspaces.list()).map(({ id }) => id)).toEqual(['main', 'other'])
    expect(await test.store.workspaces.get('none')).toBeUndefined()
  })
})

describe('api keys', () => {
  it('are found by their secret until they are revoked, and the secret is nowhere', async () => {
    const { keys } = test.store
    const { secret, ...key } = await keys.create({ workspace: 'main', kind: 'write', name: 'site', source: 'web' })
    expect(secret.length).toBeGreaterThan(32)
    expect(secret.startsWith(key.prefix)).toBe(true)
    expect(await keys.find(secret)).toMatchObject({ id: key.id, workspace: 'main', kind: 'write', source: 'web' })
    expect(await keys.find(`${secret}x`)).toBeUndefined()
    expect(await keys.find('\0')).toBeUndefined()

    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    const { rows } = await client.query('select * from tenon.api_keys')
    await client.end()
    expect(JSON.stringify(rows)).not.toContain(secret.slice(10))

    expect(await keys.revoke({ workspace: 'other', id: key.id })).toBe(false)
    expect(await keys.revoke({ workspace: 'main', id: key.id })).toBe(true)
    expect(await keys.revoke({ workspace: 'main', id: key.id })).toBe(false)
    expect(await keys.find(secret)).toBeUndefined()
    expect(await keys.list('main')).toMatchObject([{ id: key.id, revokedAt: expect.any(Date) }])
    expect(await keys.list('other')).toEqual([])
  })

  it('of the environment are made once, and stand for one thing', async () => {
    const { keys } = test.store
    const given = { workspace: 'main', kind: 'api', name: 'first', secret: 'from-the-environment' } as const
    const [left, right] = await Promise.all([keys.ensure(given), keys.ensure(given)])
    expect(left?.id).toBe(right?.id)
    expect(left).not.toHaveProperty('secret')
    const conflict = { code: 'TENON_API_KEY_CONFLICT' }
    await expect(keys.ensure({ ...given, workspace: 'other' })).rejects.toMatchObject(conflict)
    await expect(keys.ensure({ ...given, kind: 'write' })).rejects.toMatchObject(conflict)
    await keys.revoke({ workspace: 'main', id: left?.id ?? '' })
    await expect(keys.ensure(given)).rejects.toMatchObject(conflict)
  })
})
