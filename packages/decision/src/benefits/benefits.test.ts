import type { Gate, Permit, ProfileId } from '@tenon/kernel/contracts'
import { couponKind } from '@tenon/plugin-benefit-coupon'
import { openStore, type Store } from '@tenon/store'
import { ephemeralStores } from '@tenon/testing/stores'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBenefits } from './benefits.ts'

const start = new Date('2026-05-01T00:00:00Z')
let now = start
const clock = { now: () => now }
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const workspace = 'shop'
const terms = { discount: { type: 'fixed', amount: 500 }, currency: 'EUR' }
const basket = { id: 'o-1', currency: 'EUR', total: 2_000, lines: [] }

let close: () => Promise<void>
let store: Store
/** Who objects to benefits, and who matches every rule: the two questions that other stations answer. */
const objecting = new Set<ProfileId>()
const matching = new Set<ProfileId>()

const gate: Gate = {
  decide: async () => new Map(),
  permits: async ({ profiles, purpose, action }) =>
    new Map(
      profiles
        .filter((profile) => !objecting.has(profile))
        .map((profile): [ProfileId, Permit] => [
          profile,
          { $$type: '@tenon/Permit', workspace, profile, purpose, action, basis: 'test', decidedAt: now },
        ]),
    ),
  accepts: () => true,
}

beforeAll(async () => {
  const stores = await ephemeralStores()
  store = openStore({ databaseUrl: stores.databaseUrl, clock, logger: silent })
  await store.migrate()
  await store.workspaces.ensure({ id: workspace, name: 'Shop' })
  close = async () => {
    await store.close()
    await stores.close()
  }
})
afterAll(() => close())

const station = () =>
  createBenefits({
    store,
    gate,
    audience: {
      verdict: async ({ profile, rule }) =>
        matching.has(profile)
          ? { holds: true }
          : { holds: false, failed: [{ path: 'and[1]', rule: 'and' in rule ? (rule.and[1] ?? rule) : rule }] },
      referring: async ({ keep }) => ({ ok: true, value: await keep() }),
      namedBy: () => {},
    },
    kinds: new Map([['coupon', couponKind]]),
    clock,
  })

const people = (count: number) => store.in(workspace).profiles.create(count)
let serial = 0
async function benefit(definition: object = {}): Promise<string> {
  const key = `coupon-${++serial}`
  const put = await station().put(workspace, { key, kind: 'coupon', label: { en: key }, definition: { terms, ...definition } })
  expect(put).toMatchObject({ ok: true })
  return key
}
const issue = (key: string, profile: ProfileId, idempotencyKey = `i-${++serial}`) =>
  station().issue({ workspace, benefit: key, profile, idempotencyKey })
const codeOf = (answer: Awaited<ReturnType<typeof issue>>): string => {
  const code = answer?.ok === true ? answer.grants[0]?.code : undefined
  if (code === undefined) throw new Error(JSON.stringify(answer))
  return code
}

describe('benefits', () => {
  it('never gives out more than the stock, whoever asks at once', async () => {
    const key = await benefit({ stock: 7 })
    const everybody = await people(40)
    const answers = await Promise.all(everybody.map((profile) => issue(key, profile)))
    expect(answers.filter((answer) => answer?.ok === true)).toHaveLength(7)
    expect(new Set(answers.flatMap((answer) => (answer?.ok === true ? [codeOf(answer)] : []))).size).toBe(7)
    expect(answers.find((answer) => answer?.ok === false)).toMatchObject({ reason: { code: 'OUT_OF_STOCK' } })
    expect((await station().get(workspace, key))?.counters).toMatchObject({ issued: 7 })
  })

  it('gives one person no more than allowed, also at once', async () => {
    const key = await benefit({ perPerson: 2 })
    const [person = 0] = await people(1)
    const answers = await Promise.all(Array.from({ length: 10 }, () => issue(key, person)))
    expect(answers.filter((answer) => answer?.ok === true)).toHaveLength(2)
    expect(answers.find((answer) => answer?.ok === false)).toMatchObject({ reason: { code: 'PERSON_LIMIT' } })
  })

  it('answers a repeated request as it did, and gives nothing twice', async () => {
    const key = await benefit()
    const [person = 0] = await people(1)
    const answers = await Promise.all(Array.from({ length: 5 }, () => issue(key, person, 'same')))
    expect(new Set(answers.map(codeOf)).size).toBe(1)
    expect(answers.filter((answer) => answer?.replayed === false)).toHaveLength(1)
    expect(await store.in(workspace).benefits.grantsOf(person)).toHaveLength(1)
  })

  it('gives only to those who are eligible and do not object', async () => {
    const eligibility = {
      and: [
        { event: 'Order Completed', measure: 'count', gte: 1 },
        { trait: 'email', in: ['bo@example.com'] },
      ],
    }
    const key = await benefit({ eligibility })
    const [matches = 0, other = 0, objects = 0] = await people(3)
    matching.add(matches).add(objects)
    objecting.add(objects)
    expect(await issue(key, matches)).toMatchObject({ ok: true })
    const refused = await issue(key, other)
    const detail = { failed: [{ path: 'eligibility.and[1]', kind: 'trait', name: 'email' }] }
    expect(refused).toMatchObject({ ok: false, reason: { code: 'NOT_ELIGIBLE', detail } })
    expect(JSON.stringify(refused)).not.toContain('bo@example.com')
    expect(await issue(key, objects)).toMatchObject({ ok: false, reason: { code: 'NO_CONSENT' } })
  })

  it('gives nothing before and after its period', async () => {
    const key = await benefit({ validFrom: '2026-05-02T00:00:00Z', validTo: '2026-05-03T00:00:00Z' })
    const [person = 0] = await people(1)
    const codes: unknown[] = []
    for (const day of ['2026-05-01T12:00:00Z', '2026-05-02T00:00:00Z', '2026-05-03T00:00:00Z']) {
      now = new Date(day)
      const answer = await issue(key, person)
      codes.push(answer?.ok === false ? answer.reason.code : answer?.ok)
    }
    now = start
    expect(codes).toEqual(['NOT_STARTED', true, 'ENDED'])
  })

  it('redeems a code once, within the budget, and gives it back', async () => {
    const key = await benefit({ budget: 700 })
    const [first = 0, second = 0] = await people(2)
    const [one, two] = [codeOf(await issue(key, first)), codeOf(await issue(key, second))]
    const redeem = (code: string, id: string) =>
      station().redeem({ workspace, benefit: key, holding: { code }, basket: { ...basket, id }, idempotencyKey: `r-${++serial}` })
    const redeemed = await redeem(one, 'o-1')
    expect(redeemed).toMatchObject({ ok: true, transaction: { value: 500, cost: 500 } })
    expect(await redeem(one, 'o-2')).toMatchObject({ ok: false, reason: { code: 'ALREADY_REDEEMED' } })
    expect(await redeem(two, 'o-3')).toMatchObject({ ok: false, reason: { code: 'OUT_OF_BUDGET', detail: { budget: 700, spent: 500 } } })
    if (redeemed?.ok !== true) throw new Error('not redeemed')
    const back = await station().rollBack({
      workspace,
      benefit: key,
      transaction: redeemed.transaction.id,
      idempotencyKey: `b-${++serial}`,
    })
    expect(back).toMatchObject({ ok: true, transaction: { cost: -500 }, grants: [{ state: 'issued' }] })
    expect(await redeem(two, 'o-3')).toMatchObject({ ok: true })
    expect((await station().get(workspace, key))?.counters).toMatchObject({ issued: 2, spent: 500 })
  })

  it('redeems one code once when two tills ask at the same moment', async () => {
    const key = await benefit()
    const [person = 0] = await people(1)
    const code = codeOf(await issue(key, person))
    const tills = ['t1', 't2', 't3', 't4'].map((id) =>
      station().redeem({ workspace, benefit: key, holding: { code }, basket: { ...basket, id }, idempotencyKey: id + key }),
    )
    expect((await Promise.all(tills)).filter((answer) => answer?.ok === true)).toHaveLength(1)
  })

  it('ends coupons whose time is over', async () => {
    const key = await benefit({ terms: { ...terms, validFor: '1d' } })
    const [person = 0] = await people(1)
    await issue(key, person)
    expect(await station().expire(workspace)).toBe(0)
    now = new Date(start.getTime() + 86_400_000)
    expect(await station().expire(workspace)).toBe(1)
    expect(await station().expire(workspace)).toBe(0)
    expect(await store.in(workspace).benefits.grantsOf(person)).toMatchObject([{ state: 'expired' }])
    now = start
  })

  it('names what is wrong with a definition and knows no other keys', async () => {
    const put = await station().put(workspace, {
      key: 'Bad Key',
      kind: 'coupon',
      label: { en: 'x' },
      definition: { terms: { discount: { type: 'fixed' } }, eligibility: { evnt: 'x' }, stok: 3 },
    })
    expect(put).toMatchObject({ ok: false })
    const paths = !put.ok && 'problems' in put ? put.problems.map(({ path }) => path) : []
    expect(paths).toContain('key')
    expect(paths).toContain('eligibility')
    expect(await issue('unknown', 1)).toBeUndefined()
    expect(
      await station().redeem({ workspace, benefit: await benefit(), holding: { code: "' OR 1=1 --" }, idempotencyKey: 'x' }),
    ).toMatchObject({
      ok: false,
      reason: { code: 'UNKNOWN_GRANT' },
    })
  })
})
