import type { Meter, MetricSpec } from '@tenon/kernel/contracts'
import { Counter, Histogram, Registry } from 'prom-client'

/** A meter that Prometheus can read. */
export interface PrintedMeter extends Meter {
  print(): Promise<string>
}

/** From a lookup of one row to a model that learns from everybody. */
const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600]

/** One counter or histogram for each specification, made when it is first used. */
export function openMeter(): PrintedMeter {
  const registry = new Registry()
  const counters = new Map<string, Counter>()
  const histograms = new Map<string, Histogram>()
  const common = ({ name, help, labels }: MetricSpec) => ({ name, help, labelNames: [...labels], registers: [registry] })

  return Object.freeze<PrintedMeter>({
    count(spec, labels, by = 1) {
      const counter = counters.get(spec.name) ?? new Counter(common(spec))
      counters.set(spec.name, counter)
      counter.inc(labels, by)
    },
    observe(spec, labels, value) {
      const histogram = histograms.get(spec.name) ?? new Histogram({ ...common(spec), buckets: BUCKETS })
      histograms.set(spec.name, histogram)
      histogram.observe(labels, value)
    },
    print: () => registry.metrics(),
  })
}
