import type { Decision, Meter, MetricSpec, ProfileId, Purpose } from '@tenon/kernel/contracts'

const decisionsTotal: MetricSpec<'purpose' | 'outcome'> = Object.freeze({
  name: 'tenon_consent_decisions_total',
  kind: 'counter',
  help: 'Decisions of the consent gate about people, by the first word of the purpose.',
  labels: ['purpose', 'outcome'],
} as const)

/** What this package measures. */
export const metrics: readonly MetricSpec[] = Object.freeze([decisionsTotal])

/** Purposes that no policy knows share one name: anybody can ask for any. */
export function countDecisions(meter: Meter, purpose: Purpose | undefined, decisions: ReadonlyMap<ProfileId, Decision>): void {
  const name = purpose?.split('.', 1)[0] ?? 'unknown'
  let granted = 0
  for (const decision of decisions.values()) if (decision.granted) granted++
  if (granted > 0) meter.count(decisionsTotal, { purpose: name, outcome: 'granted' }, granted)
  if (granted < decisions.size) meter.count(decisionsTotal, { purpose: name, outcome: 'refused' }, decisions.size - granted)
}
