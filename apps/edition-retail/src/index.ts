export { retail } from './retail.ts'
