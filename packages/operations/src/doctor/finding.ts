import type { Clock } from '@tenon/kernel/contracts'

/** How much somebody should hurry. */
export type Severity = 'ok' | 'note' | 'warning' | 'critical'

/** One thing that was looked at. */
export interface Finding {
  /** Where: `postgres`, `clickhouse`, `log`, `folder`, ... */
  readonly part: string
  readonly what: string
  readonly severity: Severity
  readonly found: string
  /** Since when it is so, where that is known. */
  readonly since?: Date
  /** What to do, where something should be done. */
  readonly advice?: string
}

const ORDER: readonly Severity[] = ['ok', 'note', 'warning', 'critical']

export const worst = (findings: readonly Pick<Finding, 'severity'>[]): Severity =>
  findings.reduce<Severity>((most, { severity }) => (ORDER.indexOf(severity) > ORDER.indexOf(most) ? severity : most), 'ok')

export const ageOf = (since: Date, clock: Clock): number => Math.max(0, (clock.now().getTime() - since.getTime()) / 1_000)

/** The severity of a number that should be small. */
export function grade(value: number, limits: { readonly warning: number; readonly critical: number }): Severity {
  if (value >= limits.critical) return 'critical'
  return value >= limits.warning ? 'warning' : 'ok'
}
