export { tagRfm } from './plugin.ts'
