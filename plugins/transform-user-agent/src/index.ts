export { transformUserAgent } from './plugin.ts'
