import { defineCapability, of } from '../../plugin/capability.ts'
import type { IdentityPolicy } from './contract.ts'
import { guardIdentityPolicy } from './guard.ts'

export const identityPolicy = defineCapability({
  id: 'tenon.identity/1',
  arity: 'one',
  type: of<IdentityPolicy>(),
  guard: guardIdentityPolicy,
})
