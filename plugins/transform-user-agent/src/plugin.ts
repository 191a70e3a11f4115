import { definePlugin } from '@tenon/kernel'
import { transformation } from '@tenon/kernel/contracts'
import { userAgentConfig } from './config.ts'
import { userAgentTransformation } from './user-agent-transformation.ts'

/** Browser, operating system and device of an event, from its user agent. */
export const transformUserAgent = definePlugin({
  id: 'tenon.transform-user-agent',
  version: '0.1.0',
  description: 'Browser, system and device from the user agent, in the shape of the Segment specification.',
  config: userAgentConfig,
  needs: {},
  provides: { transformation },
  setup: ({ config }) => ({ provide: { transformation: userAgentTransformation(config) } }),
})
