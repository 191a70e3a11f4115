import { Kysely, PostgresDialect, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { boundQueries } from './database/bound-queries.ts'
import { openConnections } from './database/connections.ts'
import type { Tables } from './database/tables.ts'
import { collect, openTestStore, type TestStore } from './test-store.fixture.ts'

let test: TestStore

beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

const at = new Date('2026-01-01T00:00:00Z')

describe('a workspace', () => {
  it('sees nothing of another one, whatever it asks', async () => {
    const theirs = test.store.in('theirs')
    const [an = 0, bo = 0] = await theirs.profiles.create(2)
    const email = { type: 'email', value: 'an@example.com' }
    await theirs.profiles.attach([{ ...email, profile: an, since: at }])
    await theirs.profiles.merge({ into: an, from: [bo], rule: 'r', source: 's', messageId: 'm', at, evidence: {} })
    await theirs.consents.record([
      { profile: an, purpose: 'p', state: 'granted', basis: 'consent', notice: '1', source: 's', at, evidence: {} },
    ])
    await theirs.definitions.benefits.put({ key: 'b', kind: 'coupon', label: { en: 'B' }, definition: {} })
    const issued = await theirs.benefits.command({
      benefit: 'b',
      profile: an,
      idempotencyKey: 'k',
      command: 'issue',
      request: {},
      decide: () => ({
        ok: true,
        changes: [{ grant: 'new', profile: an, state: 'issued', code: 'CODE', data: {} }],
        postings: [
          { account: 'x', amount: 1 },
          { account: 'y', amount: -1 },
        ],
        value: 0,
        cost: 0,
        issued: 1,
      }),
    })
    if (!issued?.ok) throw new Error('not issued')
    const [entry] = await theirs.messages.enqueue([{ idempotencyKey: 'k', profile: an, channel: 'email', purpose: 'p', content: {} }])
    await theirs.items.put([{ id: 'i', title: 'I', categories: [], available: true, attributes: {} }])
    await theirs.models.put({ kind: 'tag', key: 't', version: '1', model: new Uint8Array(1), quality: {}, trainedAt: at })
    await theirs.kv.set('k', 1)

    const mine = test.store.in('mine')
    const seen = [
      await mine.profiles.find(email),
      await mine.profiles.owners([email]),
      await mine.profiles.identifiers(an),
      await mine.profiles.merges(an),
      [...(await mine.profiles.resolve([an, bo]))],
      (await mine.profiles.family(bo)).filter((id) => id !== bo),
      await mine.profiles.count(),
      [...(await mine.consents.of([an])).values()].flat(),
      await collect(mine.consents.profilesWith()),
      await mine.definitions.benefits.list(),
      await mine.benefits.counters('b'),
      await mine.benefits.grantsOf(an),
      await mine.benefits.findByCode('CODE'),
      await mine.benefits.grant(issued.grants[0]?.id ?? ''),
      await mine.benefits.transaction(issued.transaction.id),
      await mine.benefits.transactionsOf(an, { limit: 9 }),
      [...(await mine.benefits.balances(['x', 'y']))],
      await mine.messages.get(entry?.message.id ?? ''),
      await mine.messages.ledger(entry?.message.id ?? ''),
      await mine.messages.of(an, { limit: 9 }),
      await mine.messages.claim({ channel: 'email', limit: 9, leaseMs: 1000 }),
      await mine.messages.record([{ id: entry?.message.id ?? '', attempt: 0, state: 'dropped', reason: { code: 'X', detail: {} } }]),
      [...(await mine.messages.counts())],
      await mine.items.get(['i']),
      await mine.items.version(),
      await mine.models.latest('tag', 't'),
      await mine.kv.get('k'),
    ]
    expect(seen.filter((answer) => (Array.isArray(answer) ? answer.length > 0 : answer !== undefined && answer !== 0))).toEqual([])
    expect((await theirs.messages.get(entry?.message.id ?? ''))?.state).toBe('queued')
  })

  it('never runs a query that does not carry it', async () => {
    const connections = openConnections({
      databaseUrl: test.databaseUrl,
      maxConnections: 1,
      patienceMs: 0,
      statementTimeoutMs: 5000,
      logger: undefined,
    })
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: connections }) }).withPlugin(boundQueries('mine'))
    const unbound = { code: 'TENON_STORE_QUERY_UNBOUND' }
    await expect(db.selectFrom('tenon.items').selectAll().execute()).rejects.toMatchObject(unbound)
    await expect(db.selectFrom('tenon.items').selectAll().where('workspace', '=', 'theirs').execute()).rejects.toMatchObject(unbound)
    await expect(db.deleteFrom('tenon.items').where('id', '=', 'i').execute()).rejects.toMatchObject(unbound)
    await expect(sql`select * from tenon.items where id = ${'i'}`.execute(db)).rejects.toMatchObject(unbound)
    await expect(db.transaction().execute((tx) => tx.selectFrom('tenon.items').selectAll().execute())).rejects.toMatchObject(unbound)
    expect(await db.selectFrom('tenon.items').selectAll().where('workspace', '=', 'mine').execute()).toEqual([])
    expect((await sql`select * from tenon.items where workspace = ${'mine'}`.execute(db)).rows).toEqual([])
    await db.destroy()
  })
})
