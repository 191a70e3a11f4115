import { BenefitVerdictInvalid } from '../errors.ts'
import type { BenefitVerdict, LockedBenefit } from './benefits.ts'

/** The last look before a verdict is written, whoever made it. The benefit is locked, so what holds here holds in the table. */
export function checkVerdict(benefit: string, locked: LockedBenefit, verdict: BenefitVerdict): void {
  const problem = verdict.ok ? problemOf(locked, verdict) : undefined
  if (problem !== undefined) throw BenefitVerdictInvalid.create({ benefit, problem })
}

function problemOf(
  { counters, grants }: LockedBenefit,
  { changes, postings, value, cost, issued }: Extract<BenefitVerdict, { ok: true }>,
): string | undefined {
  const { stock, budget } = counters
  const numbers = [value, cost, issued, counters.issued + issued, counters.spent + cost, ...postings.map(({ amount }) => amount)]
  const wrong = numbers.find((number) => !Number.isSafeInteger(number))
  if (wrong !== undefined) return `${wrong} is not a safe whole number`
  if (issued > 0 && stock !== undefined && counters.issued + issued > stock) return `it issues beyond the stock of ${stock}`
  if (counters.issued + issued < 0) return 'it takes back more than was issued'
  if (cost > 0 && budget !== undefined && counters.spent + cost > budget) return `it spends beyond the budget of ${budget}`
  if (postings.reduce((sum, { amount }) => sum + amount, 0) !== 0) return 'its postings do not add up to zero'
  const shown = new Set(grants.map(({ id }) => id))
  const touched = changes.map(({ grant }) => grant).filter((grant) => grant !== 'new')
  const stranger = touched.find((grant) => !shown.has(grant))
  if (stranger !== undefined) return `it changes the grant ${stranger}, which it was not shown`
  return new Set(touched).size < touched.length ? 'it changes a grant twice' : undefined
}
