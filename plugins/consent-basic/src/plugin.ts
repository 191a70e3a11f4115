import { definePlugin } from '@tenon/kernel'
import { consentPolicy } from '@tenon/kernel/contracts'
import { createBasicPolicy } from './basic-policy.ts'
import { config } from './config.ts'

/** Consent by purpose: opt-in or opt-out, inherited, fail closed. */
export const consentBasic = definePlugin({
  id: 'tenon.consent-basic',
  version: '0.1.0',
  description: 'Consent by purpose: opt-in or opt-out, inherited by parts, fail closed.',
  config,
  needs: {},
  provides: { consent: consentPolicy },
  setup: (context) => ({ provide: { consent: createBasicPolicy(context.config) } }),
})
