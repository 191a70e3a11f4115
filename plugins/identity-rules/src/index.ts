export { type IdentityConfig, identityConfig } from './config.ts'
export { createIdentityRules } from './identity-rules.ts'
export { identityRules } from './plugin.ts'
