import { definePlugin } from '@tenon/kernel'
import { matcher } from '@tenon/kernel/contracts'
import { linkageConfig } from './config.ts'
import { linkageMatcher } from './linkage-matcher.ts'

/** People who are probably one, where no identifier says so. Proposes; never merges. */
export const identityLinkage = definePlugin({
  id: 'tenon.identity-linkage',
  version: '0.1.0',
  description: 'Finds people who are probably one: Fellegi-Sunter, learned without labels.',
  config: linkageConfig,
  needs: {},
  provides: { matcher },
  setup: ({ config }) => ({ provide: { matcher: linkageMatcher(config) } }),
})
