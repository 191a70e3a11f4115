export { transformOrderDedup } from './plugin.ts'
