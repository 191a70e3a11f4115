export { couponKind } from './coupon-kind.ts'
export { coupons } from './plugin.ts'
