export { popularItems } from './plugin.ts'
