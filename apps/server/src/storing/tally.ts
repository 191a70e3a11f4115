import type { Meter, MetricSpec } from '@tenon/kernel/contracts'

/** What a metric was told, or told several times. */
export interface Measurement {
  readonly spec: MetricSpec
  readonly labels: Readonly<Record<string, string>>
  /** Of a counter by how much it grew; of a histogram each value. */
  readonly values: readonly number[]
}

/** A meter whose figures are read by another process. */
export interface Tally extends Meter {
  /** What was measured since the last call. */
  take(): readonly Measurement[]
}

export function createTally(): Tally {
  const measured = new Map<string, { readonly spec: MetricSpec; readonly labels: Measurement['labels']; readonly values: number[] }>()
  const valuesOf = (spec: MetricSpec, labels: Measurement['labels']): number[] => {
    const key = JSON.stringify([spec.name, labels])
    const entry = measured.get(key) ?? { spec, labels, values: [] }
    measured.set(key, entry)
    return entry.values
  }
  return {
    count(spec, labels, by = 1) {
      const values = valuesOf(spec, labels)
      values[0] = (values[0] ?? 0) + by
    },
    observe: (spec, labels, value) => void valuesOf(spec, labels).push(value),
    take() {
      const all = [...measured.values()]
      measured.clear()
      return all
    },
  }
}

/** Measures here what was measured there. */
export function addToMeter(meter: Meter, measurements: readonly Measurement[]): void {
  for (const { spec, labels, values } of measurements) {
    for (const value of values) {
      if (spec.kind === 'counter') meter.count(spec, labels, value)
      else meter.observe(spec, labels, value)
    }
  }
}
