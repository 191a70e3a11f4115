import type { CallOutcome, OperationStatistics } from './call-statistics.ts'
import type { KernelMetrics } from './kernel.ts'

/** What several processes that run the same edition have counted; a circuit is as it is where it is worst. */
export function addMetrics(all: readonly KernelMetrics[]): KernelMetrics {
  const calls = Map.groupBy(
    all.flatMap((one) => one.calls),
    ({ instance, operation }) => JSON.stringify([instance, operation]),
  )
  const circuits = Map.groupBy(
    all.flatMap((one) => one.circuits),
    ({ instance }) => instance,
  )
  return {
    calls: [...calls.values()].map((same) => same.reduce(sum)),
    circuits: [...circuits.values()].map((same) => same.reduce((left, right) => (left.state === 'closed' ? right : left))),
  }
}

function sum(left: OperationStatistics, right: OperationStatistics): OperationStatistics {
  const outcomes = Object.entries(left.outcomes).map(([outcome, count]) => [outcome, count + right.outcomes[outcome as CallOutcome]])
  const { latency } = right
  return {
    ...left,
    outcomes: Object.fromEntries(outcomes) as OperationStatistics['outcomes'],
    latency: {
      count: left.latency.count + latency.count,
      sumMs: left.latency.sumMs + latency.sumMs,
      buckets: left.latency.buckets.map(({ leMs, count }, index) => ({ leMs, count: count + (latency.buckets[index]?.count ?? 0) })),
    },
  }
}
