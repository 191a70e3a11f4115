import { benefitConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { couponKind } from './coupon-kind.ts'

const terms = { discount: { type: 'fixed', amount: 500 }, currency: 'EUR', minimum: 1_000, validFor: '30d', code: { prefix: 'TEA-' } }

conforms({ describe, it }, benefitConformance, {
  name: 'benefit-coupon',
  subject: () => ({
    kind: couponKind,
    terms,
    badTerms: [
      {},
      { ...terms, currency: 'euro' },
      { ...terms, validFor: 'soon' },
      { ...terms, discount: { type: 'percent', percent: 101 } },
    ],
    basket: { id: 'basket-1', currency: 'EUR', total: 5_000, lines: [{ item: 'tea', categories: ['food'], quantity: 2, amount: 5_000 }] },
  }),
})
