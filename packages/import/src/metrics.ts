import type { Meter, MetricSpec } from '@tenon/kernel/contracts'
import type { ImportCounts } from '@tenon/store'

const rowsTotal: MetricSpec<'outcome'> = Object.freeze({
  name: 'tenon_import_rows_total',
  kind: 'counter',
  help: 'Rows that imports have read: accepted into the event log, failed (a failed event each), or blank.',
  labels: ['outcome'],
} as const)

const endedTotal: MetricSpec<'outcome'> = Object.freeze({
  name: 'tenon_imports_ended_total',
  kind: 'counter',
  help: 'Imports that ended in this process: done, failed or cancelled.',
  labels: ['outcome'],
} as const)

/** What this package measures. */
export const metrics: readonly MetricSpec[] = Object.freeze([rowsTotal, endedTotal])

/** Once progress is noted: rows that come again after a crash count once, unless their file has to be read from its start. */
export function countNoted(meter: Meter, before: ImportCounts, now: ImportCounts): void {
  const [accepted, failed] = [now.accepted - before.accepted, now.failed - before.failed]
  const outcomes = { accepted, failed, blank: now.rows - before.rows - accepted - failed }
  for (const [outcome, count] of Object.entries(outcomes)) if (count > 0) meter.count(rowsTotal, { outcome }, count)
}

export function countEnded(meter: Meter, outcome: 'done' | 'failed' | 'cancelled'): void {
  meter.count(endedTotal, { outcome })
}
