import type { BenefitCommand, BenefitKind, BenefitOutcome, Grant, GrantChange, Properties } from '@tenon/kernel/contracts'
import { discountOf } from './discount.ts'
import { type CouponTerms, couponTerms } from './terms.ts'

/** No letters or digits that are read for one another. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

type Refusal = Extract<BenefitOutcome, { ok: false }>
const refuse = (code: string, detail: Properties = {}): Refusal => ({ ok: false, reason: { code, detail } })

type Request = Parameters<BenefitKind['apply']>[0] & { readonly terms: CouponTerms; readonly now: Date }

/** Coupons: one grant is one code, used once. `issued → held → redeemed`, back to `issued` by a roll-back, `expired` at its end. */
export const couponKind: BenefitKind = {
  kind: 'coupon',
  terms: couponTerms,
  states: ['issued', 'held', 'redeemed', 'expired'],
  live: ['issued', 'held', 'redeemed'],
  ending: ['issued', 'held'],
  apply(request, { now }): BenefitOutcome {
    const context: Request = { ...request, terms: couponTerms.parse(request.benefit.terms), now }
    const { command } = request
    switch (command.kind) {
      case 'issue':
        return issue(context, command)
      case 'hold':
      case 'redeem':
        return spend(context, command)
      case 'roll-back':
        return rollBack(context, command)
      case 'transfer':
        return transfer(context, command)
      case 'expire':
        return expire(context)
    }
  },
}

function issue({ terms, profile, draw, now }: Request, command: Extract<BenefitCommand, { kind: 'issue' }>): BenefitOutcome {
  const count = command.amount ?? 1
  if (!Number.isInteger(count) || count < 1 || count > 100) return refuse('INVALID_AMOUNT', { atMost: 100 })
  const codes = draw(count, { length: terms.code.length, alphabet })
  const changes = codes.map(
    (code): GrantChange => ({
      grant: 'new',
      profile,
      state: 'issued',
      code: `${terms.code.prefix}${code}`,
      data: {},
      ...(terms.validFor === undefined ? {} : { expiresAt: new Date(now.getTime() + milliseconds(terms.validFor)) }),
    }),
  )
  return { ok: true, changes, postings: [], value: 0, cost: 0 }
}

const milliseconds = (duration: string): number => Number(duration.slice(0, -1)) * (unitMs[duration.slice(-1)] ?? Number.NaN)

function spend(request: Request, command: Extract<BenefitCommand, { kind: 'hold' | 'redeem' }>): BenefitOutcome {
  const { grants, terms, now } = request
  if (command.amount !== undefined) return refuse('NOT_DIVISIBLE')
  const grant = command.grant === undefined ? grants.find((each) => usable(each, now)) : grants.find(({ id }) => id === command.grant)
  if (grant === undefined) return refuse('NO_COUPON')
  if (grant.state === 'redeemed') return refuse('ALREADY_REDEEMED')
  if (grant.state === 'expired' || isOver(grant, now)) return refuse('EXPIRED', expiry(grant))
  const { basket } = command
  if (basket === undefined) return refuse('BASKET_REQUIRED')
  if (grant.state === 'held' && grant.data.basket !== basket.id) return refuse('HELD_FOR_ANOTHER_BASKET')
  if (grant.state === 'held' && command.kind === 'hold') return refuse('ALREADY_HELD')
  const discount = discountOf(terms, basket)
  if (!discount.ok) return refuse(discount.code, discount.detail)
  const state = command.kind === 'hold' ? 'held' : 'redeemed'
  const data = { basket: basket.id, currency: basket.currency, discount: discount.amount }
  const value = state === 'redeemed' ? discount.amount : 0
  return { ok: true, changes: [{ ...changed(grant), state, data }], postings: [], value, cost: value }
}

const usable = (grant: Grant, now: Date): boolean => grant.state === 'issued' && !isOver(grant, now)
const isOver = (grant: Grant, now: Date): boolean => grant.expiresAt !== undefined && grant.expiresAt.getTime() <= now.getTime()
const expiry = (grant: Grant): Properties => (grant.expiresAt === undefined ? {} : { expiresAt: grant.expiresAt.toISOString() })

const changed = (grant: Grant): GrantChange => ({
  grant: grant.id,
  profile: grant.profile,
  state: grant.state,
  data: grant.data,
  ...(grant.code === undefined ? {} : { code: grant.code }),
  ...(grant.expiresAt === undefined ? {} : { expiresAt: grant.expiresAt }),
})

/** All of a redemption gives the coupon back; a part (returned goods) lowers the discount and leaves it redeemed. */
function rollBack({ grants }: Request, command: Extract<BenefitCommand, { kind: 'roll-back' }>): BenefitOutcome {
  const touched = command.of.changes.map((change) => change.grant)
  const grant = grants.find(({ id }) => touched.includes(id))
  if (grant === undefined) return refuse('NO_COUPON')
  if (grant.state !== 'held' && grant.state !== 'redeemed') return refuse('NOTHING_TO_ROLL_BACK', { state: grant.state })
  const spent = typeof grant.data.discount === 'number' ? grant.data.discount : 0
  const back = command.amount ?? spent
  if (!Number.isInteger(back) || back < 1 || back > spent) return refuse('INVALID_AMOUNT', { atMost: spent })
  const given = grant.state === 'redeemed' ? -back : 0
  if (back < spent) {
    if (grant.state === 'held') return refuse('NOT_DIVISIBLE')
    const data = { ...grant.data, discount: spent - back }
    return { ok: true, changes: [{ ...changed(grant), data }], postings: [], value: given, cost: given }
  }
  return { ok: true, changes: [{ ...changed(grant), state: 'issued', data: {} }], postings: [], value: given, cost: given }
}

function transfer({ grants, terms, now }: Request, command: Extract<BenefitCommand, { kind: 'transfer' }>): BenefitOutcome {
  if (!terms.transferable) return refuse('NOT_TRANSFERABLE')
  if (command.amount !== undefined) return refuse('NOT_DIVISIBLE')
  const grant = grants.find((each) => usable(each, now))
  if (grant === undefined) return refuse('NO_COUPON')
  return { ok: true, changes: [{ ...changed(grant), profile: command.to }], postings: [], value: 0, cost: 0 }
}

function expire({ grants, now }: Request): BenefitOutcome {
  const over = grants.filter((grant) => (grant.state === 'issued' || grant.state === 'held') && isOver(grant, now))
  return { ok: true, changes: over.map((grant) => ({ ...changed(grant), state: 'expired' })), postings: [], value: 0, cost: 0 }
}
