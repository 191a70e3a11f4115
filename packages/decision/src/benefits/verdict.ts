import { type RuleVerdict, subjectOf } from '@tenon/audience'
import type { BenefitOutcome, Properties } from '@tenon/kernel/contracts'
import type { BenefitCounters, BenefitVerdict } from '@tenon/store'
import type { BenefitDefinition } from './definition.ts'
import { eligibilityPath } from './eligibility.ts'

export type Refusal = Extract<BenefitOutcome, { ok: false }>

export const refuse = (code: string, detail: Properties = {}): Refusal => ({ ok: false, reason: { code, detail } })

/** The limits of the station around what the kind decided. `held` counts the grants of the person that are live. */
export function withinLimits(
  outcome: BenefitOutcome,
  limits: { readonly counters: BenefitCounters; readonly held: number },
): BenefitVerdict {
  if (!outcome.ok) return outcome
  const { counters, held } = limits
  const fresh = outcome.changes.filter(({ grant }) => grant === 'new').length
  if (counters.stock !== undefined && counters.issued + fresh > counters.stock) {
    return refuse('OUT_OF_STOCK', { stock: counters.stock, issued: counters.issued })
  }
  if (fresh > 0 && counters.perPerson !== undefined && held + fresh > counters.perPerson) {
    return refuse('PERSON_LIMIT', { perPerson: counters.perPerson, held })
  }
  const { budget, spent } = counters
  if (budget !== undefined && (spent + outcome.cost > budget || (fresh > 0 && spent >= budget))) {
    return refuse('OUT_OF_BUDGET', { budget, spent })
  }
  return { ...outcome, issued: fresh }
}

/** Whether the benefit is given out at this instant. */
export function inPeriod({ validFrom, validTo }: BenefitDefinition, now: Date): Refusal | undefined {
  if (validFrom !== undefined && now < new Date(validFrom)) return refuse('NOT_STARTED', { validFrom })
  if (validTo !== undefined && now >= new Date(validTo)) return refuse('ENDED', { validTo })
  return undefined
}

/** Conditions named in a refusal: who wants to know more reads the definition. */
const NAMED_CONDITIONS = 20

/** By which conditions, where they stand and what they ask about: never what they compare with, which may be other people's data. */
export function notEligible(verdict: Exclude<RuleVerdict, { readonly holds: true }>): Refusal {
  if ('withoutConsentTo' in verdict) return refuse('NOT_ELIGIBLE', { because: 'NO_CONSENT', purpose: verdict.withoutConsentTo })
  const failed = verdict.failed.slice(0, NAMED_CONDITIONS)
  return refuse('NOT_ELIGIBLE', { failed: failed.map(({ path, rule }) => ({ path: eligibilityPath(path), ...subjectOf(rule) })) })
}
