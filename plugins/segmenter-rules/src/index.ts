export { rulesSegments } from './plugin.ts'
