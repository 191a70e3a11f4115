export { tagMeasure } from './plugin.ts'
