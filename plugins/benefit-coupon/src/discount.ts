import type { Basket } from '@tenon/kernel/contracts'
import type { CouponTerms } from './terms.ts'

export type Discount =
  | { readonly ok: true; readonly amount: number }
  | {
      readonly ok: false
      readonly code: 'WRONG_CURRENCY' | 'NOTHING_ELIGIBLE' | 'BELOW_MINIMUM'
      readonly detail: Readonly<Record<string, string | number>>
    }

/** What the coupon takes off the basket, in minor units, rounded down. Never more than the lines it is for. */
export function discountOf(terms: CouponTerms, basket: Basket): Discount {
  if (basket.currency !== terms.currency) {
    return { ok: false, code: 'WRONG_CURRENCY', detail: { basket: basket.currency, coupon: terms.currency } }
  }
  const limited = terms.categories !== undefined || terms.items !== undefined
  const eligible = limited ? basket.lines.filter((line) => isFor(terms, line)).reduce((sum, line) => sum + line.amount, 0) : basket.total
  if (eligible <= 0) return { ok: false, code: 'NOTHING_ELIGIBLE', detail: { eligible } }
  if (eligible < terms.minimum) return { ok: false, code: 'BELOW_MINIMUM', detail: { eligible, minimum: terms.minimum } }
  return { ok: true, amount: Math.min(eligible, basket.total, faceValue(terms.discount, eligible)) }
}

const isFor = (terms: CouponTerms, line: Basket['lines'][number]): boolean =>
  (terms.items?.includes(line.item) ?? false) || line.categories.some((category) => terms.categories?.includes(category) ?? false)

function faceValue(discount: CouponTerms['discount'], eligible: number): number {
  if (discount.type === 'fixed') return discount.amount
  const share = Math.floor((eligible * discount.percent) / 100)
  return discount.atMost === undefined ? share : Math.min(share, discount.atMost)
}
