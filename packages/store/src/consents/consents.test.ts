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
