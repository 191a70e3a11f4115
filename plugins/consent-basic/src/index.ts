export { consentBasic } from './plugin.ts'
