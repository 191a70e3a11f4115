import type { Comparison, Measure, Rule } from '@tenon/kernel/contracts'

type Outcome = 'true' | 'false' | 'unknown'

const ANY: ReadonlySet<Outcome> = new Set<Outcome>(['true', 'false', 'unknown'])
const UNKNOWN: ReadonlySet<Outcome> = new Set<Outcome>(['unknown'])

/**
 * Whether a rule may hold for a person with none of the events and traits that it names. If it can not, a scan may pass over
 * every other event. Errs towards yes.
 */
export const mayHoldWithoutEvidence = (rule: Rule): boolean => outcomes(rule).has('true')

function outcomes(rule: Rule): ReadonlySet<Outcome> {
  if ('and' in rule) return combined(rule.and.map(outcomes), 'false', 'true')
  if ('or' in rule) return combined(rule.or.map(outcomes), 'true', 'false')
  if ('not' in rule) return new Set([...outcomes(rule.not)].map((one) => (one === 'unknown' ? one : one === 'true' ? 'false' : 'true')))
  if ('trait' in rule) return ofNothing(rule, 'unknown')
  if ('ratio' in rule) return ofNothing(rule, 'unknown')
  if ('event' in rule) return ofNothing(rule, ofMeasure(rule))
  return ANY
}

/** What the measure of no events is. */
function ofMeasure(measure: Extract<Measure, { readonly event: string }>): 'unknown' | 'zero' {
  const kind = measure.measure
  if (measure.within !== undefined && 'since' in measure.within) return 'unknown'
  if (typeof kind === 'string') return kind === 'recency' ? 'unknown' : 'zero'
  return 'sum' in kind || 'distinct' in kind ? 'zero' : 'unknown'
}

function ofNothing(comparison: Comparison, value: 'unknown' | 'zero'): ReadonlySet<Outcome> {
  const exists = value === 'zero'
  if ('exists' in comparison) return new Set<Outcome>([comparison.exists === exists ? 'true' : 'false'])
  return exists ? new Set<Outcome>([holdsForZero(comparison) ? 'true' : 'false']) : UNKNOWN
}

function holdsForZero(comparison: Comparison): boolean {
  if ('eq' in comparison) return comparison.eq === 0
  if ('ne' in comparison) return typeof comparison.ne === 'number' && comparison.ne !== 0
  if ('in' in comparison) return comparison.in.includes(0)
  if ('notIn' in comparison) return !comparison.notIn.includes(0) && comparison.notIn.some((value) => typeof value === 'number')
  if ('gt' in comparison) return comparison.gt < 0
  if ('gte' in comparison) return comparison.gte <= 0
  if ('lt' in comparison) return comparison.lt > 0
  if ('lte' in comparison) return comparison.lte >= 0
  return 'between' in comparison && comparison.between[0] <= 0 && comparison.between[1] >= 0
}

/** All that Kleene's `and` (or `or`, with the roles of true and false changed) may come to. */
function combined(parts: readonly ReadonlySet<Outcome>[], strong: Outcome, weak: Outcome): ReadonlySet<Outcome> {
  const found = new Set<Outcome>()
  if (parts.some((part) => part.has(strong))) found.add(strong)
  if (parts.every((part) => part.has(weak))) found.add(weak)
  const someUnknown = parts.some((part) => part.has('unknown')) && parts.every((part) => part.has('unknown') || part.has(weak))
  if (someUnknown) found.add('unknown')
  return found
}
