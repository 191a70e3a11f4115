export { coupons } from './plugin.ts'
