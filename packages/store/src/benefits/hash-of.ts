import { requestHash } from '../database/request-hash.ts'
import type { BenefitRequest } from './benefits.ts'

export const hashOf = ({ benefit, command, request, rollsBack }: BenefitRequest): Buffer =>
  requestHash({ benefit, command, request, rollsBack: rollsBack ?? null })
