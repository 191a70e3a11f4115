/**
 * What is measured, as a value: stations keep theirs beside the code that measures, and the documentation is checked against them.
 * Names are those of Prometheus: `tenon_…_total` counts, `tenon_…_seconds` is a time.
 */
export interface MetricSpec<Label extends string = string> {
  readonly name: `tenon_${string}`
  readonly kind: 'counter' | 'histogram'
  readonly help: string
  /** Few values each, chosen by code or by definitions: never by a customer. */
  readonly labels: readonly Label[]
}

/** Where stations write what they measure. Cheap, and never fails. */
export interface Meter {
  count<Label extends string>(spec: MetricSpec<Label>, labels: Readonly<Record<Label, string>>, by?: number): void
  /** Into a histogram. */
  observe<Label extends string>(spec: MetricSpec<Label>, labels: Readonly<Record<Label, string>>, value: number): void
}

/** Measures nothing. */
export const noMeter: Meter = Object.freeze({ count: () => undefined, observe: () => undefined })
