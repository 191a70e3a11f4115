import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect, openTestStore, type TestStore } from '../test-store.fixture.ts'
import type { NewReceipt } from './consents.ts'

let test: TestStore
let workspaces = 0
const fresh = () => test.store.in(`consents-${++workspaces}`)

beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute))
const receipt = (profile: number, over: Partial<NewReceipt> = {}): NewReceipt => ({
  profile,
  purpose: 'marketing',
  state: 'granted',
  basis: 'consent',
  notice: '1',
  source: 'web',
  at: at(1),
  evidence: {},
  ...over,
})

async function inPostgres(run: (client: pg.Client) => Promise<unknown>): Promise<unknown> {
  const client = new pg.Client({ connectionString: test.databaseUrl })
  await client.connect()
  try {
    return await run(client)
  } finally {
    await client.end()
  }
}

describe('consents', () => {
  it('records a receipt once and gives the newest first', async () => {
    const { consents } = fresh()
    const withdrawn = receipt(1, { state: 'withdrawn', at: at(2), expiresAt: at(9), evidence: { page: 'x\0', note: '\ud800' } })
    expect(await consents.record([receipt(1), withdrawn, receipt(1), receipt(2)])).toBe(3)
    expect(await consents.record([receipt(1, { basis: 'other' })])).toBe(0)
    expect(await consents.record([receipt(1, { purpose: 'x'.repeat(4000) }), receipt(1, { source: '' })])).toBe(0)
    const all = await consents.of([1, 2, 3])
    expect(all.get(1)).toMatchObject([
      { state: 'withdrawn', expiresAt: at(9), evidence: { page: 'x\ufffd', note: '\ufffd' } },
      { state: 'granted', basis: 'consent' },
    ])
    expect(all.get(2)).toHaveLength(1)
    expect(all.get(3)).toEqual([])
  })

  it('follows merges from any of the profiles', async () => {
    const { consents, profiles } = fresh()
    const [an = 0, bo = 0] = await profiles.create(2)
    await consents.record([receipt(an), receipt(bo, { state: 'denied', at: at(3) })])
    test.clock.advance(1_000)
    await profiles.merge({ into: an, from: [bo], rule: 'r', source: 's', messageId: 'm', at: at(4), evidence: {} })
    const all = await consents.of([an, bo])
    expect(all.get(an)?.map(({ state }) => state)).toEqual(['denied', 'granted'])
    expect(all.get(bo)).toEqual(all.get(an))
    const kept = (await consents.kept([bo])).get(bo) ?? []
    expect(kept.map(({ profile }) => profile)).toEqual([bo, an])
    expect(kept.map(({ receipt }) => receipt)).toEqual(all.get(bo))
    expect(kept.map(({ isOfAll }) => isOfAll)).toEqual([false, false])
    await consents.record([receipt(an, { state: 'denied', at: at(5) })])
    const after = (await consents.kept([an])).get(an) ?? []
    expect(after.map(({ isOfAll }) => isOfAll)).toEqual([true, false, false])
  })

  it('tells what came before a merge from what came since, whatever the clocks of the processes say', async () => {
    const { consents, profiles } = fresh()
    const [an = 0, bo = 0] = await profiles.create(2)
    const isOfAll = async () =>
      Object.fromEntries(((await consents.kept([an])).get(an) ?? []).map((kept) => [kept.receipt.source, kept.isOfAll]))
    const behind = async (run: () => Promise<unknown>) => {
      test.clock.advance(-60_000)
      await run().finally(() => test.clock.advance(60_000))
    }
    await consents.record([receipt(an, { source: 'before' }), receipt(bo, { source: 'of the other' })])
    await behind(() => profiles.merge({ into: an, from: [bo], rule: 'r', source: 's', messageId: 'm', at: at(4), evidence: {} }))
    expect(await isOfAll()).toEqual({ before: false, 'of the other': false })
    await behind(() => consents.record([receipt(an, { source: 'since' }), receipt(bo, { source: 'by an old number' })]))
    expect(await isOfAll()).toEqual({ before: false, 'of the other': false, since: true, 'by an old number': true })
    const [cy = 0] = await profiles.create(1)
    await behind(() => profiles.merge({ into: an, from: [cy], rule: 'r', source: 's', messageId: 'n', at: at(4), evidence: {} }))
    expect(new Set(Object.values(await isOfAll()))).toEqual(new Set([false]))
    const [di = 0] = await profiles.create(1)
    const early = new Date(0)
    const [together = early, alone, first = early] = await profiles.behind([[di, cy], [di], [an]], early)
    expect(alone).toEqual(early)
    expect(together).toEqual(first)
    expect(first.getTime()).toBeGreaterThan(test.clock.now().getTime())
  })

  it('records nothing while somebody decides who is who, and keeps everybody who they are while it looks up and writes', async () => {
    const { consents, profiles, transaction, holding } = fresh()
    const [an = 0, bo = 0] = await profiles.create(2)
    const order: string[] = []
    const [locked, leave] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const deciding = transaction(async (tx) => {
      await tx.profiles.lock()
      locked.resolve()
      await leave.promise
      order.push('decided')
      await tx.profiles.merge({ into: an, from: [bo], rule: 'r', source: 's', messageId: 'm', at: at(4), evidence: {} })
    })
    await locked.promise
    const recording = consents.record([receipt(an)]).then(() => order.push('recorded'))
    const looking = holding(async (tx) => {
      order.push('looked up')
      return (await tx.profiles.resolve([bo])).get(bo)
    })
    await inPostgres(async (client) => {
      const waiting = `select from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and not granted
        and database = (select oid from pg_database where datname = current_database())`
      while ((await client.query(waiting)).rows.length < 2) await Promise.resolve()
    })
    leave.resolve()
    await deciding
    expect(await looking).toBe(an)
    await recording
    expect(order[0]).toBe('decided')
    expect((await consents.kept([an])).get(an)).toMatchObject([{ isOfAll: true }])
  })

  it('leaves connections for others while many wait to record', async () => {
    const { consents, profiles, transaction } = fresh()
    const [an = 0] = await profiles.create(1)
    const [locked, leave] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const deciding = transaction(async (tx) => {
      await tx.profiles.lock()
      locked.resolve()
      await leave.promise
    })
    await locked.promise
    const recording = Array.from({ length: 30 }, (_, minute) => consents.record([receipt(an, { at: at(minute) })]))
    const [person] = (await profiles.resolve([an])).values()
    expect(person).toBe(an)
    leave.resolve()
    await deciding
    expect(await Promise.all(recording)).toEqual(recording.map(() => 1))
  })

  it('finds everybody with a receipt on a purpose', async () => {
    const { consents } = fresh()
    await consents.record([receipt(1), receipt(2, { purpose: 'collect' }), receipt(3)])
    expect((await collect(consents.profilesWith())).flat()).toEqual([1, 2, 3])
    expect((await collect(consents.profilesWith(['marketing']))).flat()).toEqual([1, 3])
    expect(await collect(consents.profilesWith([]))).toEqual([])
    expect(await collect(fresh().consents.profilesWith())).toEqual([])
  })

  it('can not be changed, not even by somebody at the database; erasure has its own way', async () => {
    const { consents, workspace } = fresh()
    await consents.record([receipt(1), receipt(2)])
    for (const statement of [
      `update tenon.consents set state = 'granted'`,
      `delete from tenon.consents where workspace = '${workspace}'`,
      'truncate tenon.consents',
    ]) {
      await expect(inPostgres((client) => client.query(statement))).rejects.toThrow('rows of tenon.consents are never changed')
    }
    const erased = await inPostgres(async (client) => {
      const { rows } = await client.query('select tenon.erase_consents($1, $2) as erased', [workspace, [1]])
      await expect(client.query('delete from tenon.consents')).rejects.toThrow('never changed')
      return rows
    })
    expect(erased).toEqual([{ erased: '1' }])
    expect([...(await consents.of([1, 2])).values()].map((receipts) => receipts.length)).toEqual([0, 1])
  })
})
