import type { Meter, MetricSpec } from '@tenon/kernel/contracts'

const merges: MetricSpec<'by'> = Object.freeze({
  name: 'tenon_identity_merges_total',
  kind: 'counter',
  help: 'Merges that no event asked for, by who decided: operator, review (of a match) or limits (of the owner).',
  labels: ['by'],
} as const)

const unmerges: MetricSpec<'outcome'> = Object.freeze({
  name: 'tenon_identity_unmerges_total',
  kind: 'counter',
  help: 'Merges that somebody wanted to take back: done, or why not.',
  labels: ['outcome'],
} as const)

const squashed: MetricSpec<'step'> = Object.freeze({
  name: 'tenon_identity_squashed_merges_total',
  kind: 'counter',
  help: 'Old merges that were made physical: rewritten in the engine, then settled, which takes their override away.',
  labels: ['step'],
} as const)

const runSeconds: MetricSpec<'instance' | 'outcome'> = Object.freeze({
  name: 'tenon_match_run_seconds',
  kind: 'histogram',
  help: 'Time of one run of a matcher over a workspace: training, proposals, merges within the limits.',
  labels: ['instance', 'outcome'],
} as const)

const proposals: MetricSpec<'instance'> = Object.freeze({
  name: 'tenon_match_proposals_total',
  kind: 'counter',
  help: 'Pairs that runs of a matcher left open for review; a pair that is proposed again counts again.',
  labels: ['instance'],
} as const)

const decisions: MetricSpec<'instance' | 'decision'> = Object.freeze({
  name: 'tenon_match_decisions_total',
  kind: 'counter',
  help: 'What became of proposed pairs: accepted or rejected by a person, or merged by the limits.',
  labels: ['instance', 'decision'],
} as const)

/** What this package measures. */
export const metrics: readonly MetricSpec[] = Object.freeze([merges, unmerges, squashed, runSeconds, proposals, decisions])

export function countMerge(meter: Meter, by: 'operator' | 'review' | 'limits'): void {
  meter.count(merges, { by })
}

export function countUnmerge(meter: Meter, outcome: { readonly ok: true } | { readonly ok: false; readonly reason: string }): void {
  meter.count(unmerges, { outcome: outcome.ok ? 'done' : outcome.reason.toLowerCase() })
}

export function countSquashed(meter: Meter, step: 'rewritten' | 'settled', count: number): void {
  meter.count(squashed, { step }, count)
}

export function measureRun(
  meter: Meter,
  run: { readonly instance: string; readonly outcome: 'done' | 'failed'; readonly begun: number },
): void {
  const { instance, outcome, begun } = run
  meter.observe(runSeconds, { instance, outcome }, (performance.now() - begun) / 1_000)
}

export function countProposals(meter: Meter, instance: string, count: number): void {
  if (count > 0) meter.count(proposals, { instance }, count)
}

const BY = { accepted: 'review', merged: 'limits' } as const

export function countDecision(meter: Meter, instance: string, decision: 'accepted' | 'rejected' | 'merged'): void {
  meter.count(decisions, { instance, decision })
  if (decision !== 'rejected') countMerge(meter, BY[decision])
}
