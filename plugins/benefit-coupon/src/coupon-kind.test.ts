import type {
  Basket,
  Benefit,
  BenefitCommand,
  BenefitOutcome,
  BenefitTransaction,
  CallContext,
  Grant,
  Properties,
} from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { couponKind } from './coupon-kind.ts'
import { discountOf } from './discount.ts'
import { couponTerms } from './terms.ts'

const now = new Date('2026-03-01T00:00:00Z')
const context: CallContext = { workspace: 'w', purpose: 'benefit', now, signal: new AbortController().signal }
const terms = (given: object): Properties =>
  couponTerms.parse({ discount: { type: 'percent', percent: 10 }, currency: 'EUR', ...given }) as Properties
const benefit = (given: object = {}): Benefit => ({ key: 'ten', kind: 'coupon', label: { en: 'Ten' }, terms: terms(given) })
const basket = (total: number, given: Partial<Basket> = {}): Basket => ({ id: 'o-1', currency: 'EUR', total, lines: [], ...given })
const grant = (given: Partial<Grant> = {}): Grant => ({
  id: 'g-1',
  benefit: 'ten',
  profile: 7,
  state: 'issued',
  code: 'ABC',
  data: {},
  issuedAt: now,
  ...given,
})

let drawn = 0
const apply = (command: BenefitCommand, grants: readonly Grant[] = [grant()], given: object = {}): BenefitOutcome =>
  couponKind.apply(
    { benefit: benefit(given), grants, profile: 7, command, draw: (count) => Array.from({ length: count }, () => `C${++drawn}`) },
    context,
  )

const after = (outcome: BenefitOutcome, before: Grant): Grant => {
  if (!outcome.ok) throw new Error(outcome.reason.code)
  const change = outcome.changes.find((each) => each.grant === before.id)
  return change === undefined ? before : { ...before, state: change.state, data: change.data, profile: change.profile }
}

const transaction = (outcome: BenefitOutcome, command: BenefitCommand['kind']): BenefitTransaction => {
  if (!outcome.ok) throw new Error(outcome.reason.code)
  return { id: 't', command, at: now, changes: outcome.changes, value: outcome.value, cost: outcome.cost }
}

describe('coupon', () => {
  it('issues one unique code with its end', () => {
    const outcome = apply({ kind: 'issue', why: {} }, [], { validFor: '30d', code: { prefix: 'SPRING-' } })
    expect(outcome).toMatchObject({
      ok: true,
      cost: 0,
      changes: [
        {
          grant: 'new',
          profile: 7,
          state: 'issued',
          code: expect.stringMatching(/^SPRING-C/),
          expiresAt: new Date('2026-03-31T00:00:00Z'),
        },
      ],
    })
  })

  it('redeems once', () => {
    const first = apply({ kind: 'redeem', basket: basket(5_000) })
    expect(first).toMatchObject({ ok: true, value: 500, cost: 500, changes: [{ grant: 'g-1', state: 'redeemed' }] })
    const again = apply({ kind: 'redeem', grant: 'g-1', basket: basket(5_000) }, [after(first, grant())])
    expect(again).toEqual({ ok: false, reason: { code: 'ALREADY_REDEEMED', detail: {} } })
  })

  it('holds for one basket and redeems for that one only', () => {
    const held = after(apply({ kind: 'hold', basket: basket(5_000) }), grant())
    expect(apply({ kind: 'redeem', grant: 'g-1', basket: basket(5_000, { id: 'o-2' }) }, [held])).toMatchObject({
      reason: { code: 'HELD_FOR_ANOTHER_BASKET' },
    })
    expect(apply({ kind: 'redeem', grant: 'g-1', basket: basket(5_000) }, [held])).toMatchObject({ ok: true, cost: 500 })
  })

  it('says why it can not be used', () => {
    const redeem = (given: object, cart: Basket, held: Grant = grant()) => {
      const outcome = apply({ kind: 'redeem', grant: 'g-1', basket: cart }, [held], given)
      return outcome.ok ? 'ok' : outcome.reason.code
    }
    expect(redeem({}, basket(100, { currency: 'USD' }))).toBe('WRONG_CURRENCY')
    expect(redeem({ minimum: 101 }, basket(100))).toBe('BELOW_MINIMUM')
    expect(redeem({ categories: ['food'] }, basket(100))).toBe('NOTHING_ELIGIBLE')
    expect(redeem({}, basket(100), grant({ expiresAt: now }))).toBe('EXPIRED')
    expect(redeem({}, basket(100), grant({ state: 'expired' }))).toBe('EXPIRED')
  })

  it('gives back all, or a part, and never more than was given', () => {
    const redeemed = apply({ kind: 'redeem', basket: basket(5_000) })
    const of = transaction(redeemed, 'redeem')
    const used = after(redeemed, grant())
    const part = apply({ kind: 'roll-back', of, amount: 200 }, [used])
    expect(part).toMatchObject({ ok: true, value: -200, cost: -200, changes: [{ state: 'redeemed', data: { discount: 300 } }] })
    const rest = apply({ kind: 'roll-back', of }, [after(part, used)])
    expect(rest).toMatchObject({ ok: true, cost: -300, changes: [{ state: 'issued', data: {} }] })
    expect(apply({ kind: 'roll-back', of, amount: 501 }, [used])).toMatchObject({ ok: false, reason: { code: 'INVALID_AMOUNT' } })
  })

  it('expires what is over and nothing else', () => {
    const grants = [grant({ id: 'a', expiresAt: now }), grant({ id: 'b' }), grant({ id: 'c', state: 'redeemed', expiresAt: now })]
    expect(apply({ kind: 'expire' }, grants)).toMatchObject({ ok: true, changes: [{ grant: 'a', state: 'expired' }] })
  })

  it('is given away only where the terms say so', () => {
    expect(apply({ kind: 'transfer', to: 8 })).toMatchObject({ ok: false, reason: { code: 'NOT_TRANSFERABLE' } })
    expect(apply({ kind: 'transfer', to: 8 }, [grant()], { transferable: true })).toMatchObject({
      ok: true,
      changes: [{ profile: 8, state: 'issued' }],
    })
  })
})

describe('discountOf', () => {
  const line = fc.record({
    item: fc.constantFrom('a', 'b', 'c'),
    categories: fc.subarray(['food', 'toys']),
    quantity: fc.integer({ min: 1, max: 5 }),
    amount: fc.integer({ min: 0, max: 100_000 }),
  })
  const someTerms = fc.record(
    {
      discount: fc.oneof(
        fc.record({ type: fc.constant('fixed'), amount: fc.integer({ min: 1, max: 200_000 }) }),
        fc.record({ type: fc.constant('percent'), percent: fc.double({ min: 0.1, max: 100, noNaN: true }) }),
      ),
      currency: fc.constant('EUR'),
      minimum: fc.integer({ min: 0, max: 1_000 }),
      categories: fc.constant(['food']),
    },
    { requiredKeys: ['discount', 'currency'] },
  )

  it('takes off a whole number of cents, never more than the lines it is for are worth', () => {
    fc.assert(
      fc.property(fc.array(line), someTerms, (lines, given) => {
        const total = lines.reduce((sum, { amount }) => sum + amount, 0)
        const discount = discountOf(couponTerms.parse(given), basket(total, { lines }))
        if (!discount.ok) return
        const eligible =
          given.categories === undefined
            ? total
            : lines.filter(({ categories }) => categories.includes('food')).reduce((sum, { amount }) => sum + amount, 0)
        expect(Number.isInteger(discount.amount)).toBe(true)
        expect(discount.amount).toBeGreaterThanOrEqual(0)
        expect(discount.amount).toBeLessThanOrEqual(eligible)
        expect(eligible).toBeGreaterThanOrEqual(given.minimum ?? 0)
      }),
    )
  })
})
