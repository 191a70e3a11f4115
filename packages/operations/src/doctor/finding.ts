/** How much somebody should hurry. */
export type Severity = 'ok' | 'note' | 'warning' | 'critical'

/** One thing that was looked at. */
export interface Finding {
  /** Where: `postgres`, `clickhouse`, `log`, `folder`, ... */
  readonly part: string
  readonly what: string
  readonly severity: Severity
  readonly found: string
  /** What to do, where something should be done. */
  readonly advice?: string
}

const ORDER: readonly Severity[] = ['ok', 'note', 'warning', 'critical']

export const worst = (findings: readonly Finding[]): Severity =>
  findings.reduce<Severity>((most, { severity }) => (ORDER.indexOf(severity) > ORDER.indexOf(most) ? severity : most), 'ok')

/** The severity of a number that should be small. */
export function grade(value: number, limits: { readonly warning: number; readonly critical: number }): Severity {
  if (value >= limits.critical) return 'critical'
  return value >= limits.warning ? 'warning' : 'ok'
}
