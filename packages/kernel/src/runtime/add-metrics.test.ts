import { expect, it } from 'vitest'
import { addMetrics } from './add-metrics.ts'
import { type Call, createCallStatistics } from './call-statistics.ts'
import type { KernelMetrics } from './kernel.ts'

const metrics = (calls: readonly Call[], circuits: Readonly<Record<string, 'closed' | 'open'>>): KernelMetrics => {
  const statistics = createCallStatistics()
  for (const call of calls) statistics.record(call)
  return {
    calls: statistics.snapshot(),
    circuits: Object.entries(circuits).map(([instance, state]) => ({ instance, state })),
  }
}

const call = (ms: number, more: Partial<Call> = {}): Call => ({ instance: 'rules', operation: 'plan', ms, outcome: 'ok', ...more })

it('comes to what one process would have counted, in any order', () => {
  const [here, there] = [
    [call(1), call(70_000)],
    [call(3), call(2, { outcome: 'failed' }), call(1, { instance: 'geo' })],
  ]
  const together = metrics([...here, ...there], { rules: 'open', geo: 'closed' })
  const left = metrics(here, { rules: 'closed' })
  const right = metrics(there, { rules: 'open', geo: 'closed' })
  expect(addMetrics([left, right])).toEqual(together)
  expect(addMetrics([right, left]).circuits).toEqual(together.circuits)
  expect(addMetrics([left, addMetrics([])])).toEqual(left)
})
