export { measureTags } from './plugin.ts'
