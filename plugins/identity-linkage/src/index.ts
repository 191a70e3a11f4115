export { identityLinkage } from './plugin.ts'
