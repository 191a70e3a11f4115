export { couponKind } from './coupon-kind.ts'
export { benefitCoupon } from './plugin.ts'
