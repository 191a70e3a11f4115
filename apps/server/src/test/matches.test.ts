import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { random } from '@tenon/testing/generator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from './running.fixture.ts'

let server: TestServer
let folder: string

const plugins = join(import.meta.dirname, '../../../../plugins')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenon-edition-'))
  const edition = join(folder, 'matching.json')
  const fields = [
    { key: 'first_name', kind: 'name', from: { trait: 'firstName' } },
    { key: 'last_name', kind: 'name', from: { trait: 'lastName' } },
    { key: 'birthday', kind: 'date', from: { trait: 'birthday' } },
    { key: 'city', kind: 'text', from: { trait: 'city' } },
  ]
  const named = ['source-segment', 'identity-rules', 'consent-basic'].map((plugin) => ({ plugin: join(plugins, plugin, 'src/index.ts') }))
  const linkage = { plugin: join(plugins, 'identity-linkage/src/index.ts'), as: 'linkage', config: { fields } }
  await writeFile(edition, JSON.stringify({ name: 'matching', plugins: [...named, linkage] }))
  server = await startTestServer({ TENON_EDITION: edition })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

interface Listed {
  readonly id: number
  readonly weight: number
  readonly people: readonly (readonly { readonly value: string }[])[]
  readonly decided?: object
}

const list = async (query = ''): Promise<{ readonly matches: readonly Listed[]; readonly next: string | null }> => {
  const { status, body } = await server.call('GET', `/v1/matches${query}`)
  expect(status).toBe(200)
  return body as { readonly matches: readonly Listed[]; readonly next: string | null }
}

describe('matches over HTTP', () => {
  it('are listed with what speaks for them, decided alone and together, and limited by the owner', async () => {
    const chance = random(3)
    const word = (): string => Array.from({ length: 7 }, () => 'bcdfghklmnprstvaeiou'[chance.integer(0, 19)]).join('')
    const people = Array.from({ length: 90 }, (_, index) => ({
      id: `visitor-${index}`,
      traits: {
        firstName: word(),
        lastName: word(),
        birthday: `19${chance.integer(50, 99)}-0${chance.integer(1, 9)}-${chance.integer(10, 28)}`,
        city: word(),
      },
    }))
    const again = people
      .slice(0, 30)
      .map(({ id, traits }) => ({ id: `${id}-again`, traits: { ...traits, firstName: traits.firstName.slice(0, -1) } }))
    const batch = [...people, ...again].map(({ id, traits }) => ({ type: 'identify', anonymousId: id, traits, messageId: id }))
    expect((await server.track('/v1/batch', { batch })).status).toBe(200)
    await server.settle()

    const { matches } = await list()
    expect(matches.length).toBeGreaterThan(25)
    expect(matches.every(({ people: two }) => two.length === 2 && two.every((one) => one.length === 1))).toBe(true)
    const first = await list('?limit=10')
    expect(first.next).not.toBeNull()
    expect((await list(`?limit=10&cursor=${first.next}`)).matches).toEqual(matches.slice(10, 20))
    expect((await server.call('GET', '/v1/matches?cursor=nonsense')).status).toBe(400)

    const [one, two, three, four] = matches
    const by = { by: 'an@example.com', note: 'same telephone' }
    const decided = await server.call('POST', `/v1/matches/${one?.id}/decision`, { decision: 'accept', ...by })
    expect(decided).toMatchObject({ status: 200, body: { state: 'accepted' } })
    expect((await server.call('POST', `/v1/matches/${one?.id}/decision`, { decision: 'reject', by: 'bo' })).status).toBe(409)
    expect((await server.call('POST', '/v1/matches/999999/decision', { decision: 'reject', by: 'bo' })).status).toBe(404)
    const many = { matches: [two?.id, three?.id, 999_999], decision: 'reject', by: 'bo' }
    expect(await server.call('POST', '/v1/matches/decisions', many)).toMatchObject({
      status: 200,
      body: { results: [{ state: 'rejected' }, { state: 'rejected' }, { problem: 'there is no such match' }] },
    })

    const name = one?.people[0]?.[0]?.value ?? ''
    const identity = await server.call('GET', `/v1/profiles/anonymous_id:${name}/identity`)
    expect(identity.body).toMatchObject({
      identifiers: [{}, {}],
      merges: [
        { rule: 'match:linkage', decision: { by: 'an@example.com', reason: 'same telephone', match: { id: one?.id, matcher: 'linkage' } } },
      ],
    })

    expect((await server.call('PUT', '/v1/matchers/linkage/limits', { review: 0.9, merge: 0.5 })).status).toBe(422)
    expect((await server.call('PUT', '/v1/matchers/nobody/limits', { review: 0.9 })).status).toBe(404)
    expect((await server.call('PUT', '/v1/matchers/linkage/limits', { review: 0.5, merge: 0.5 })).status).toBe(200)
    expect(await server.call('POST', '/v1/matchers/linkage/run', {})).toMatchObject({ status: 200, body: { requested: true } })
    await server.settle()
    expect((await list('?state=merged')).matches.length).toBeGreaterThan(20)
    expect((await list('?state=merged')).matches.map(({ id }) => id)).toContain(four?.id)
    expect((await list('?state=rejected')).matches.map(({ id }) => id).sort()).toEqual([two?.id, three?.id].sort())
    const { body } = await server.call('GET', '/v1/matchers')
    expect(body).toMatchObject({
      matchers: [{ matcher: 'linkage', limits: { review: 0.5, merge: 0.5 }, counts: { accepted: 1, rejected: 2 } }],
    })
    expect(server.logged).toEqual([])
  }, 60_000)

  it('join and keep apart by hand, with the reason in the ledger', async () => {
    await server.track('/v1/batch', {
      batch: ['u-a', 'u-b'].map((userId) => ({ type: 'identify', userId, traits: { email: `${userId}@x.cn` }, messageId: userId })),
    })
    await server.settle()
    const said = { by: 'an@example.com', reason: 'she wrote to us' }
    const merge = (other: string) => server.call('POST', '/v1/profiles/user_id:u-a/merge', { with: other, ...said })
    expect((await merge('user_id:nobody')).status).toBe(404)
    const joined = await merge('email:u-b@x.cn')
    expect(joined).toMatchObject({ status: 200, body: { merge: expect.any(Number) } })
    expect(await merge('email:u-b@x.cn')).toMatchObject({ status: 409 })
    const ledger = await server.call('GET', '/v1/profiles/user_id:u-b/identity')
    expect(ledger.body).toMatchObject({ merges: [{ rule: 'operator', decision: said }], blocked: [] })

    const { merge: entry } = joined.body as { readonly merge: number }
    expect((await server.call('POST', '/v1/profiles/user_id:u-a/unmerge', { merge: entry })).status).toBe(200)
    const named = { userId: 'u-a', type: 'identify', traits: { email: 'u-b@x.cn' } }
    await server.track('/v1/batch', { batch: [{ ...named, messageId: 'both' }] })
    await server.settle()
    expect((await server.call('GET', '/v1/profiles/user_id:u-a/identity')).body).toMatchObject({
      blocked: [
        {
          pair: expect.arrayContaining([
            { type: 'user_id', value: 'u-a' },
            { type: 'email', value: 'u-b@x.cn' },
          ]),
          heldBack: 1,
          last: { messageId: 'both' },
        },
      ],
    })
    const unblock = () => server.call('POST', '/v1/profiles/user_id:u-a/unblock', { with: 'email:u-b@x.cn', ...said })
    expect(await unblock()).toMatchObject({ status: 200, body: { unblocked: true } })
    expect((await unblock()).status).toBe(404)
    expect((await server.call('GET', '/v1/profiles/user_id:u-a/identity')).body).toMatchObject({ blocked: [{ lifted: said }] })
  }, 60_000)
})
