export { rfmTags } from './plugin.ts'
