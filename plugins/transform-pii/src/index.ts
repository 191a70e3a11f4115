export { transformPii } from './plugin.ts'
