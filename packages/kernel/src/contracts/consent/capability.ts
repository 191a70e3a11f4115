import { defineCapability, of } from '../../plugin/capability.ts'
import type { ConsentPolicy } from './contract.ts'
import { guardConsentPolicy } from './guard.ts'

export const consentPolicy = defineCapability({
  id: 'tenon.consent/1',
  arity: 'many',
  type: of<ConsentPolicy>(),
  guard: guardConsentPolicy,
})
