import type { Meter, MetricSpec } from '@tenon/kernel/contracts'
import { Counter, Histogram, Registry } from 'prom-client'

/** A meter that Prometheus can read. */
export interface PrintedMeter extends Meter {
  print(): Promise<string>
}

/** From a lookup of one row to a model that learns from everybody. */
const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600]

/** One counter or histogram for each specification. Those that are known beforehand are there before anything happens. */
export function openMeter(known: readonly MetricSpec[] = []): PrintedMeter {
  const registry = new Registry()
  const counters = new Map<string, Counter>()
  const histograms = new Map<string, Histogram>()
  const common = ({ name, help, labels }: MetricSpec) => ({ name, help, labelNames: [...labels], registers: [registry] })
  const counterOf = (spec: MetricSpec): Counter => {
    const counter = counters.get(spec.name) ?? new Counter(common(spec))
    counters.set(spec.name, counter)
    return counter
  }
  const histogramOf = (spec: MetricSpec): Histogram => {
    const histogram = histograms.get(spec.name) ?? new Histogram({ ...common(spec), buckets: BUCKETS })
    histograms.set(spec.name, histogram)
    return histogram
  }
  for (const spec of known) {
    if (spec.kind === 'counter') counterOf(spec)
    else histogramOf(spec)
  }

  return Object.freeze<PrintedMeter>({
    count: (spec, labels, by = 1) => counterOf(spec).inc(labels, by),
    observe: (spec, labels, value) => histogramOf(spec).observe(labels, value),
    print: () => registry.metrics(),
  })
}
