import type { InstanceId } from '../plugin/lifecycle.ts'

/**
 * How a call of a plugin ended. `refused`: the circuit was open or the instance does not run. `violation`: noticed
 * in what a call answered; the call itself may have been counted as `ok`.
 */
export type CallOutcome = 'ok' | 'failed' | 'timeout' | 'aborted' | 'violation' | 'refused'

/** One call, as a trace hook sees it. */
export interface Call {
  readonly instance: InstanceId
  readonly operation: string
  readonly ms: number
  readonly outcome: CallOutcome
}

/** Counters and a latency histogram of one operation, cumulative since the kernel started. */
export interface OperationStatistics {
  readonly instance: InstanceId
  readonly operation: string
  readonly outcomes: Readonly<Record<CallOutcome, number>>
  /** Refused calls and violations are not timed. `buckets` are cumulative, as Prometheus wants them; the last is all of them. */
  readonly latency: {
    readonly count: number
    readonly sumMs: number
    readonly buckets: readonly { readonly leMs: number; readonly count: number }[]
  }
}

export interface CallStatistics {
  record(call: Call): void
  snapshot(): readonly OperationStatistics[]
}

/** Upper bounds in milliseconds. */
const BOUNDS = Object.freeze([
  0.1,
  0.5,
  1,
  2.5,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1_000,
  2_500,
  5_000,
  10_000,
  30_000,
  Number.POSITIVE_INFINITY,
])

interface Counters {
  readonly instance: InstanceId
  readonly operation: string
  readonly outcomes: Record<CallOutcome, number>
  readonly perBound: number[]
  sumMs: number
}

export function createCallStatistics(): CallStatistics {
  const all = new Map<string, Counters>()
  const countersOf = ({ instance, operation }: Call): Counters => {
    const key = JSON.stringify([instance, operation])
    const known = all.get(key)
    if (known !== undefined) return known
    const outcomes = { ok: 0, failed: 0, timeout: 0, aborted: 0, violation: 0, refused: 0 }
    const counters = { instance, operation, outcomes, perBound: BOUNDS.map(() => 0), sumMs: 0 }
    all.set(key, counters)
    return counters
  }
  return Object.freeze({
    record(call: Call) {
      const counters = countersOf(call)
      counters.outcomes[call.outcome] += 1
      if (call.outcome === 'refused' || call.outcome === 'violation') return
      const bound = BOUNDS.findIndex((leMs) => call.ms <= leMs)
      counters.perBound[bound] = (counters.perBound[bound] ?? 0) + 1
      counters.sumMs += call.ms
    },
    snapshot: () => [...all.values()].map(summarise),
  })
}

function summarise({ instance, operation, outcomes, perBound, sumMs }: Counters): OperationStatistics {
  let count = 0
  const buckets = BOUNDS.map((leMs, index) => {
    count += perBound[index] ?? 0
    return Object.freeze({ leMs, count })
  })
  return Object.freeze({ instance, operation, outcomes: Object.freeze({ ...outcomes }), latency: Object.freeze({ count, sumMs, buckets }) })
}
