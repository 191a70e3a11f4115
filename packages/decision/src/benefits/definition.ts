import { parseRule } from '@tenon/kernel/contracts'
import { z } from 'zod'

const instant = z.iso.datetime({ offset: true })
const rule = z.unknown().superRefine((value, context) => {
  const parsed = parseRule(value)
  if (parsed.ok) return
  for (const { path, message } of parsed.problems)
    context.addIssue({ code: 'custom', message: path === '' ? message : `${path}: ${message}` })
})

/** What a benefit of the catalogue says beside its terms: who, how many, how long. */
export const benefitDefinition = z.strictObject({
  /** Checked by the kind. */
  terms: z.record(z.string(), z.unknown()),
  /** Who may have it; everybody who may be given benefits where absent. */
  eligibility: rule.optional(),
  /** In all. */
  stock: z.number().int().nonnegative().max(2_147_483_647).exactOptional(),
  perPerson: z.number().int().positive().max(1_000_000).exactOptional(),
  /** Minor units that all redemptions together may cost. */
  budget: z.number().int().nonnegative().max(1e15).exactOptional(),
  /** Nothing is issued before. */
  validFrom: instant.exactOptional(),
  /** Nothing is issued from then on; what was issued keeps its own end. */
  validTo: instant.exactOptional(),
})
export type BenefitDefinition = z.infer<typeof benefitDefinition>
