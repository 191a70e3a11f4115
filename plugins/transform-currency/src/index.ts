export { transformCurrency } from './plugin.ts'
