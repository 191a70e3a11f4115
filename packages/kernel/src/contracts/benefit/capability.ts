import { defineCapability, of } from '../../plugin/capability.ts'
import type { BenefitKind } from './contract.ts'
import { guardBenefitKind } from './guard.ts'

export const benefitKind = defineCapability({ id: 'tenon.benefit/1', arity: 'many', type: of<BenefitKind>(), guard: guardBenefitKind })
