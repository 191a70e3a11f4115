export { segmenterRules } from './plugin.ts'
