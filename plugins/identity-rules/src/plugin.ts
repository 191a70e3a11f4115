import { definePlugin } from '@tenon/kernel'
import { identityPolicy } from '@tenon/kernel/contracts'
import { identityConfig } from './config.ts'
import { createIdentityRules } from './identity-rules.ts'

/** Whose event is it? Decided by priorities, limits and blocked values, never by chance. */
export const identityRules = definePlugin({
  id: 'tenon.identity-rules',
  version: '0.1.0',
  description: 'Deterministic identity resolution with priorities, limits and blocked values.',
  config: identityConfig,
  needs: {},
  provides: { identity: identityPolicy },
  setup: ({ config }) => ({ provide: { identity: createIdentityRules(config) } }),
})
