import { definePlugin } from '@tenon/kernel'
import { transformation } from '@tenon/kernel/contracts'
import { piiConfig } from './config.ts'
import { piiTransformation } from './pii-transformation.ts'

/** Keeps personal data out of events, by declared rules. */
export const transformPii = definePlugin({
  id: 'tenon.transform-pii',
  version: '0.1.0',
  description: 'Removes, masks or hashes personal data by path, by key or by what it looks like.',
  config: piiConfig,
  needs: {},
  provides: { transformation },
  setup: ({ config }) => ({ provide: { transformation: piiTransformation(config) } }),
})
