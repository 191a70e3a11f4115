export { covisitedItems } from './plugin.ts'
