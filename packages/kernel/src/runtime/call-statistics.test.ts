import { expect, it } from 'vitest'
import { createCallStatistics } from './call-statistics.ts'

it('counts outcomes and latencies per instance and operation, in cumulative buckets', () => {
  const statistics = createCallStatistics()
  const call = { instance: 'smtp', operation: 'send' } as const
  for (const ms of [0.05, 3, 3, 60_000]) statistics.record({ ...call, ms, outcome: 'ok' })
  statistics.record({ ...call, ms: 7, outcome: 'timeout' })
  statistics.record({ ...call, ms: 0, outcome: 'refused' })
  statistics.record({ instance: 'smtp', operation: 'other', ms: 1, outcome: 'failed' })
  const [send, other] = statistics.snapshot()
  expect(send?.outcomes).toEqual({ ok: 4, failed: 0, timeout: 1, aborted: 0, violation: 0, refused: 1 })
  expect(send?.latency).toMatchObject({ count: 5, sumMs: 60_013.05 })
  const at = (leMs: number) => send?.latency.buckets.find((bucket) => bucket.leMs === leMs)?.count
  expect([0.1, 2.5, 5, 10, 30_000, Number.POSITIVE_INFINITY].map(at)).toEqual([1, 1, 3, 4, 4, 5])
  expect(other).toMatchObject({ operation: 'other', outcomes: { failed: 1 } })
  expect(Object.isFrozen(send?.outcomes)).toBe(true)
})
