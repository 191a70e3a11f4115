import type { MetricSpec } from '@tenon/kernel/contracts'

export const logWriteSeconds: MetricSpec<never> = Object.freeze({
  name: 'tenon_log_write_seconds',
  kind: 'histogram',
  help: 'Time until what a request brought was durable in the event log: the wait for the write before it, and its own.',
  labels: [],
} as const)

/** `prepare`: new or seen, whose, what may be kept. `write`: into the engine, and closed. */
export const batchSeconds: MetricSpec<'phase'> = Object.freeze({
  name: 'tenon_ingest_batch_seconds',
  kind: 'histogram',
  help: 'Time of one batch of the event log, by phase: decode (parsing, transformations), prepare (Postgres, identity, consent) and write (ClickHouse, close).',
  labels: ['phase'],
} as const)

export const identityEvents: MetricSpec<'outcome'> = Object.freeze({
  name: 'tenon_identity_events_total',
  kind: 'counter',
  help: 'Events whose person was looked for: attach, create, merge, anonymous, or failed where the policy failed on them.',
  labels: ['outcome'],
} as const)

export const identityDropped: MetricSpec<'rule'> = Object.freeze({
  name: 'tenon_identity_dropped_total',
  kind: 'counter',
  help: 'Identifiers of events that were not used, by the first word of the rule that said so.',
  labels: ['rule'],
} as const)

/** Of an event as a whole where its person is settled, of single identifiers otherwise. */
export const identityLookups: MetricSpec<'outcome'> = Object.freeze({
  name: 'tenon_identity_lookups_total',
  kind: 'counter',
  help: 'Look-ups of people: hit where memory knew, miss where Postgres was asked.',
  labels: ['outcome'],
} as const)

export const transformationSeconds: MetricSpec<'instance'> = Object.freeze({
  name: 'tenon_transformation_seconds',
  kind: 'histogram',
  help: 'Time of one call of a transformation, which gets some hundreds of events.',
  labels: ['instance'],
} as const)

export const transformationEvents: MetricSpec<'instance' | 'outcome'> = Object.freeze({
  name: 'tenon_transformation_events_total',
  kind: 'counter',
  help: 'Events that a transformation kept, changed, dropped or failed on; again where a batch is done again.',
  labels: ['instance', 'outcome'],
} as const)

export const planEvents: MetricSpec<'outcome'> = Object.freeze({
  name: 'tenon_plan_events_total',
  kind: 'counter',
  help: 'Events that were checked against a tracking plan: fits, or what the plan does with one that does not.',
  labels: ['outcome'],
} as const)

export const replayAttempts: MetricSpec<'outcome'> = Object.freeze({
  name: 'tenon_replay_attempts_total',
  kind: 'counter',
  help: 'Failed events that went through everything once more, by what became of them.',
  labels: ['outcome'],
} as const)

/** What this package measures. */
export const metrics: readonly MetricSpec[] = Object.freeze([
  logWriteSeconds,
  batchSeconds,
  identityEvents,
  identityDropped,
  identityLookups,
  transformationSeconds,
  transformationEvents,
  planEvents,
  replayAttempts,
])
