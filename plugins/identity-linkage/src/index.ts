export { linkageConfig } from './config.ts'
export { linkageMatcher } from './linkage-matcher.ts'
export { identityLinkage } from './plugin.ts'
