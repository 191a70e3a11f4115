import type { MetricSpec } from '@tenon/kernel/contracts'

/** `prepare`: new or seen, whose, what may be kept. `write`: into the engine, and closed. */
export const batchSeconds: MetricSpec<'phase'> = Object.freeze({
  name: 'tenon_ingest_batch_seconds',
  kind: 'histogram',
  help: 'Time of one batch of the event log, by phase: prepare (Postgres, identity, consent) and write (ClickHouse, close).',
  labels: ['phase'],
} as const)

/** What this package measures. */
export const metrics: readonly MetricSpec[] = Object.freeze([batchSeconds])
