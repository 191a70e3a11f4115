import { defineCapability, of } from '../../plugin/capability.ts'
import type { Matcher } from './contract.ts'
import { guardMatcher } from './guard.ts'

export const matcher = defineCapability({ id: 'tenon.matcher/1', arity: 'many', type: of<Matcher>(), guard: guardMatcher })
