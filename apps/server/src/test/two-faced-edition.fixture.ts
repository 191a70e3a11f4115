import { existsSync } from 'node:fs'
import { defineEdition, definePlugin, use } from '@tenon/kernel'
import { transformation } from '@tenon/kernel/contracts'
import { consentBasic } from '@tenon/plugin-consent-basic'
import { identityRules } from '@tenon/plugin-identity-rules'
import { sourceSegment } from '@tenon/plugin-source-segment'
import { z } from 'zod'

/** Well in the server, and unwell where events are stored. */
const twoFaced = definePlugin({
  id: 'test.two-faced',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: { transformation },
  setup: () => ({
    provide: { transformation: { label: { en: 'Two-faced' }, transform: async ({ events }) => events.map(() => ({ kind: 'kept' })) } },
    health: () => (process.argv[1]?.includes('storing-main') ? { status: 'degraded', reason: 'no licence' } : { status: 'ok' }),
  }),
})

const extra = definePlugin({
  id: 'test.extra',
  version: '1.0.0',
  config: z.strictObject({}),
  needs: {},
  provides: {},
  setup: () => ({ provide: {} }),
})

/** With one plugin more as long as there is a file. */
export const twoFacedEdition = defineEdition({
  name: 'two-faced',
  plugins: [
    use(consentBasic, {}),
    use(sourceSegment, {}),
    use(identityRules, {}),
    use(twoFaced, {}, { as: 'two-faced' }),
    ...(existsSync(process.env.TENON_TEST_EXTRA ?? '') ? [use(extra, {})] : []),
  ],
})
