import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'
import type { WorkspaceStore } from '../workspace-store.ts'
import type { BenefitLimits, BenefitRequest, BenefitVerdict, LockedBenefit } from './benefits.ts'

let test: TestStore
let workspaces = 0

beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

const benefit = 'ten-off'
let codes = 0

async function shop(limits: BenefitLimits = {}): Promise<WorkspaceStore> {
  const store = test.store.in(`benefits-${++workspaces}`)
  await store.definitions.benefits.put({ key: benefit, kind: 'coupon', label: { en: 'Ten off' }, definition: { percent: 10 } })
  await store.benefits.limit(benefit, limits)
  return store
}

const soldOut: BenefitVerdict = { ok: false, reason: { code: 'SOLD_OUT', detail: {} } }

/** What a station does with `issue`: one grant, within stock and limit. */
const issue = (given: Partial<BenefitRequest> & { readonly code?: () => string; readonly cost?: number } = {}): BenefitRequest => {
  const { code = () => `code-${++codes}`, cost = 0, ...request } = given
  return {
    benefit,
    profile: 1,
    idempotencyKey: `key-${++codes}`,
    command: 'issue',
    purpose: 'benefit',
    request: { amount: 1 },
    decide({ counters, personCounts }) {
      if (counters.issued >= (counters.stock ?? Number.POSITIVE_INFINITY)) return soldOut
      if ((personCounts.issued ?? 0) >= (counters.perPerson ?? Number.POSITIVE_INFINITY)) return soldOut
      if (counters.spent + cost > (counters.budget ?? Number.POSITIVE_INFINITY)) return soldOut
      return {
        ok: true,
        changes: [{ grant: 'new', profile: request.profile ?? 1, state: 'issued', code: code(), data: {} }],
        postings: [],
        value: 0,
        cost,
        issued: 1,
      }
    },
    ...request,
  }
}

const grants = (verdict: Partial<Extract<BenefitVerdict, { ok: true }>>): BenefitVerdict => ({
  ok: true,
  changes: [],
  postings: [],
  value: 0,
  cost: 0,
  issued: 0,
  ...verdict,
})

describe('benefits', () => {
  it('issues ten of ten to a hundred who ask at once', async () => {
    const { benefits } = await shop({ stock: 10 })
    const results = await Promise.all(Array.from({ length: 100 }, (_, profile) => benefits.command(issue({ profile: profile + 1 }))))
    expect(results.filter((result) => result?.ok)).toHaveLength(10)
    expect(results.filter((result) => result?.ok === false && result.reason.code === 'SOLD_OUT')).toHaveLength(90)
    expect(await benefits.counters(benefit)).toEqual({ stock: 10, issued: 10, spent: 0 })
  })

  it('holds the limit per person, also for one person that was two', async () => {
    const { benefits, profiles } = await shop({ perPerson: 3 })
    const [an = 0, bo = 0] = await profiles.create(2)
    await benefits.command(issue({ profile: an }))
    await benefits.command(issue({ profile: bo }))
    const merge = { into: an, from: [bo], rule: 'r', source: 's', messageId: 'm', at: new Date(0), evidence: {} }
    await profiles.merge(merge)
    const results = await Promise.all(Array.from({ length: 10 }, (_, n) => benefits.command(issue({ profile: n % 2 ? an : bo }))))
    expect(results.filter((result) => result?.ok)).toHaveLength(1)
    expect(await benefits.grantsOf(an)).toHaveLength(3)
    expect(await benefits.grantsOf(bo, { benefit, states: ['issued'] })).toHaveLength(3)
    expect(await benefits.grantsOf(bo, { states: ['redeemed'] })).toEqual([])
  })

  it('holds the limit for each of two again who were one person', async () => {
    const { benefits, profiles, transaction } = await shop({ perPerson: 3 })
    const [an = 0, bo = 0] = await profiles.create(2)
    const give = async (profile: number) => (await benefits.command(issue({ profile })))?.ok
    expect([await give(an), await give(bo)]).toEqual([true, true])
    const [merge] = await profiles.merge({ into: an, from: [bo], rule: 'r', source: 's', messageId: 'm', at: new Date(0), evidence: {} })
    expect([await give(an), await give(an), await give(bo)]).toEqual([true, false, false])
    await transaction(async (tx) => {
      await tx.profiles.lock()
      const separation = await tx.unmerges.separation(merge?.id ?? 0)
      if (separation !== undefined) await tx.unmerges.separate({ separation, also: [], blocked: [] })
    })
    // What was given to the one that they were is the survivor's.
    expect([await benefits.grantsOf(an), await benefits.grantsOf(bo)].map(({ length }) => length)).toEqual([2, 1])
    expect([await give(an), await give(an)]).toEqual([true, false])
    expect([await give(bo), await give(bo), await give(bo)]).toEqual([true, true, false])
  })

  it('spends the budget to the last cent and not beyond', async () => {
    const { benefits } = await shop({ budget: 1000 })
    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => benefits.command(issue({ profile: n + 1, cost: 300 }))))
    expect(results.filter((result) => result?.ok)).toHaveLength(3)
    expect((await benefits.counters(benefit))?.spent).toBe(900)
  })

  it('answers a repeated command with the first outcome, without deciding again', async () => {
    const { benefits } = await shop({ stock: 1 })
    let decided = 0
    const request = issue({ idempotencyKey: 'order-1' })
    const counting: BenefitRequest = {
      ...request,
      decide(locked) {
        decided++
        return request.decide(locked)
      },
    }
    const results = await Promise.all(Array.from({ length: 10 }, () => benefits.command(counting)))
    expect(decided).toBe(1)
    expect(new Set(results.map((result) => result?.transaction.id)).size).toBe(1)
    expect(results.filter((result) => result?.replayed === false)).toHaveLength(1)
    expect(results.every((result) => result?.ok && result.grants.length === 1)).toBe(true)

    const refused = issue({ idempotencyKey: 'order-2' })
    expect(await benefits.command(refused)).toMatchObject({ ok: false, replayed: false })
    await benefits.limit(benefit, { stock: 2 })
    expect(await benefits.command(refused)).toMatchObject({ ok: false, reason: { code: 'SOLD_OUT' }, replayed: true })
  })

  it('refuses an idempotency key for another request, and knows the person after a merge', async () => {
    const { benefits, profiles } = await shop()
    const [an = 0, bo = 0] = await profiles.create(2)
    await benefits.command(issue({ profile: bo, idempotencyKey: 'k', request: { a: 1, b: 2 } }))
    const reused = { code: 'TENON_IDEMPOTENCY_KEY_REUSED' }
    await expect(benefits.command(issue({ profile: bo, idempotencyKey: 'k', request: { a: 2 } }))).rejects.toMatchObject(reused)
    await expect(benefits.command(issue({ profile: an, idempotencyKey: 'k', request: { a: 1, b: 2 } }))).rejects.toMatchObject(reused)
    await profiles.merge({ into: an, from: [bo], rule: 'r', source: 's', messageId: 'm', at: new Date(0), evidence: {} })
    const again = await benefits.command(issue({ profile: an, idempotencyKey: 'k', request: { b: 2, a: 1 } }))
    expect(again).toMatchObject({ ok: true, replayed: true })
  })

  it('draws again when a code is taken, and gives up in the end', async () => {
    const { benefits } = await shop()
    await benefits.command(issue({ code: () => 'TAKEN' }))
    const draws = ['TAKEN', 'TAKEN', 'FREE']
    const result = await benefits.command(issue({ code: () => draws.shift() ?? 'FREE' }))
    expect(result).toMatchObject({ ok: true, grants: [{ code: 'FREE' }] })
    expect((await benefits.findByCode('FREE'))?.benefit).toBe(benefit)
    expect(await benefits.findByCode('\0')).toBeUndefined()
    await expect(benefits.command(issue({ code: () => 'TAKEN' }))).rejects.toMatchObject({ code: 'TENON_BENEFIT_CODES_EXHAUSTED' })
    expect((await benefits.counters(benefit))?.issued).toBe(2)
  })

  it('redeems and takes back, with a ledger that adds up', async () => {
    const { benefits } = await shop()
    const issued = await benefits.command(issue({ profile: 7 }))
    if (!issued?.ok) throw new Error('not issued')
    const [grant] = issued.grants
    if (!grant) throw new Error('no grant')
    const expiresAt = new Date('2026-02-01T00:00:00Z')
    const spent = await benefits.command({
      ...issue({ profile: 7 }),
      command: 'redeem',
      decide: ({ grants: held }) =>
        grants({
          changes: held.map((each) => ({ grant: each.id, profile: each.profile, state: 'redeemed', data: { basket: 'b\0' }, expiresAt })),
          postings: [
            { account: 'liability', amount: -500 },
            { account: 'revenue', amount: 500 },
          ],
          value: 500,
          cost: 500,
        }),
    })
    if (!spent?.ok) throw new Error('not redeemed')
    expect(spent.grants).toMatchObject([
      { id: grant.id, state: 'redeemed', data: { basket: 'b\ufffd' }, issuedAt: grant.issuedAt, expiresAt },
    ])
    expect(spent.transaction.changes).toMatchObject([{ grant: grant.id, expiresAt }])
    expect(await benefits.transaction(spent.transaction.id)).toEqual(spent.transaction)

    let shown: LockedBenefit['rolledBack']
    const takeBack = () =>
      benefits.command({
        ...issue({ profile: 7 }),
        command: 'roll-back',
        rollsBack: spent.transaction.id,
        decide({ rolledBack }) {
          shown = rolledBack
          return grants({
            value: -200,
            cost: -200,
            postings: [
              { account: 'liability', amount: 200 },
              { account: 'revenue', amount: -200 },
            ],
          })
        },
      })
    const first = await takeBack()
    expect(shown).toEqual({ transaction: spent.transaction, earlier: [] })
    await takeBack()
    expect(shown?.earlier).toEqual([first?.transaction])
    expect(await benefits.balances(['liability', 'revenue', 'none'])).toEqual(
      new Map([
        ['liability', -100],
        ['revenue', 100],
      ]),
    )
    expect((await benefits.counters(benefit))?.spent).toBe(100)
    expect(await benefits.transactionsOf(7, { limit: 10 })).toHaveLength(4)
    expect(await benefits.expired({ benefit, states: ['redeemed'], at: expiresAt, limit: 10 })).toMatchObject([{ id: grant.id }])
    expect(await benefits.expired({ benefit, states: ['issued'], at: expiresAt, limit: 10 })).toEqual([])
  })

  it('shows the grants that are asked for, the first to expire first', async () => {
    const { benefits } = await shop()
    const lot = (state: string, expires?: string): BenefitVerdict =>
      grants({ changes: [{ grant: 'new', profile: 1, state, data: {}, ...(expires && { expiresAt: new Date(expires) }) }], issued: 1 })
    for (const verdict of [lot('open'), lot('open', '2026-03-01'), lot('used'), lot('open', '2026-02-01')])
      await benefits.command(issue({ decide: () => verdict }))
    let seen: LockedBenefit | undefined
    await benefits.command(
      issue({
        states: ['open'],
        decide(locked) {
          seen = locked
          return soldOut
        },
      }),
    )
    expect(seen?.grants.map(({ expiresAt }) => expiresAt?.toISOString().slice(0, 10))).toEqual(['2026-02-01', '2026-03-01', undefined])
    expect(seen?.personCounts).toEqual({ open: 3, used: 1 })
  })

  it('writes nothing of a verdict that breaks the limits or the ledger', async () => {
    const { benefits } = await shop({ stock: 1, budget: 100 })
    const other = await benefits.command(issue({ profile: 2 }))
    const stranger = other?.ok ? (other.grants[0]?.id ?? '') : ''
    const changed = { grant: stranger, profile: 1, state: 'issued', data: {} }
    const broken: readonly Partial<Extract<BenefitVerdict, { ok: true }>>[] = [
      { issued: 1 },
      { issued: -2 },
      { issued: 0.5 },
      { cost: 101 },
      { cost: Number.NaN },
      { value: 2 ** 53 },
      { postings: [{ account: 'a', amount: 1 }] },
      { changes: [changed] },
    ]
    for (const verdict of broken) {
      await expect(benefits.command(issue({ decide: () => grants(verdict) }))).rejects.toMatchObject({
        code: 'TENON_BENEFIT_VERDICT_INVALID',
      })
    }
    expect(await benefits.counters(benefit)).toEqual({ stock: 1, budget: 100, issued: 1, spent: 0 })
    expect(await benefits.transactionsOf(1, { limit: 10 })).toEqual([])
  })

  it('knows no benefit of another workspace, and still honours a retired one', async () => {
    const mine = await shop()
    const other = test.store.in('benefits-none')
    expect(await other.benefits.command(issue())).toBeUndefined()
    await mine.definitions.benefits.retire(benefit)
    let retired: Date | undefined
    await mine.benefits.command(
      issue({
        decide({ definition }) {
          retired = definition.retiredAt
          return soldOut
        },
      }),
    )
    expect(retired).toBeInstanceOf(Date)
    expect(await mine.benefits.grant('no-uuid')).toBeUndefined()
    expect(await mine.benefits.transaction("' or 1=1")).toBeUndefined()
  })

  it('is a part of the transaction around it', async () => {
    const mine = await shop({ stock: 5 })
    const failing = mine.transaction(async (tx) => {
      await tx.benefits.command(issue())
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect((await mine.benefits.counters(benefit))?.issued).toBe(0)
  })
})
