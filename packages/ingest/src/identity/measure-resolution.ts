import type { Dropped, Meter } from '@tenon/kernel/contracts'
import { identityDropped, identityEvents, identityLookups } from '../metrics.ts'
import type { Found } from './work.ts'

/** What the resolution of one batch came to. */
export interface ResolutionTally {
  readonly found: readonly Found[]
  readonly created: number
  readonly merged: number
  readonly dropped: readonly Dropped[]
  readonly hits: number
  readonly misses: number
}

/** Once the batch is closed: until then it may be opened again. */
export function measureResolution(meter: Meter, { found, created, merged, dropped, hits, misses }: ResolutionTally): void {
  const failed = found.reduce((sum, one) => ('profile' in one ? sum : sum + 1), 0)
  const anonymous = found.reduce((sum, one) => ('profile' in one && one.profile === 0 ? sum + 1 : sum), 0)
  const outcomes = { create: created, merge: merged, anonymous, failed, attach: found.length - created - merged - anonymous - failed }
  for (const [outcome, count] of Object.entries(outcomes)) if (count > 0) meter.count(identityEvents, { outcome }, count)
  for (const [rule, of] of Map.groupBy(dropped, (one) => wordOf(one.rule))) meter.count(identityDropped, { rule }, of.length)
  if (hits > 0) meter.count(identityLookups, { outcome: 'hit' }, hits)
  if (misses > 0) meter.count(identityLookups, { outcome: 'miss' }, misses)
}

/** Rules are the policy's own. Their first word is a name, what follows it may be a type; anything else may hold whatever. */
const wordOf = (rule: string): string => {
  const [word = ''] = rule.split(':', 1)
  return /^[a-z][a-z-]{0,39}$/.test(word) ? word : 'other'
}
