import { definePlugin } from '@tenon/kernel'
import { benefitKind } from '@tenon/kernel/contracts'
import { z } from 'zod'
import { couponKind } from './coupon-kind.ts'

/** Benefits of kind `coupon`: fixed or percent off, with thresholds, categories, unique codes and an end. */
export const benefitCoupon = definePlugin({
  id: 'tenon.benefit-coupon',
  version: '0.1.0',
  description: 'Coupons with unique codes.',
  config: z.strictObject({}),
  needs: {},
  provides: { benefitKind },
  setup: () => ({ provide: { benefitKind: couponKind } }),
})
