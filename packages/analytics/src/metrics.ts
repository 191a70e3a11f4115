import type { Meter, MetricSpec } from '@tenon/kernel/contracts'
import { retrying } from './engine/retry.ts'

const operations: MetricSpec<'operation' | 'outcome'> = Object.freeze({
  name: 'tenon_clickhouse_operation_seconds',
  kind: 'histogram',
  help: 'Time until the analytics engine began to answer, with all attempts, by what was asked.',
  labels: ['operation', 'outcome'],
} as const)

/** What this package measures. */
export const metrics: readonly MetricSpec[] = Object.freeze([operations])

/** The same as `retrying`, measured. */
export const metered =
  (meter: Meter): typeof retrying =>
  async (request, run) => {
    const begun = performance.now()
    const end = (outcome: 'ok' | 'failed'): void =>
      meter.observe(operations, { operation: request.operation, outcome }, (performance.now() - begun) / 1_000)
    try {
      const result = await retrying(request, run)
      end('ok')
      return result
    } catch (error) {
      end('failed')
      throw error
    }
  }
