import { setTimeout as pause } from 'node:timers/promises'
import type { Meter } from '@tenon/kernel/contracts'
import { countRest } from '../metrics.ts'

/**
 * Storing and evaluating want the same engine. A segment may be late where the log may not fill, so evaluations that nobody waits for give
 * way: after each portion they rest for as long as it took while events are stored, and three times as long while those come late.
 */
export interface GiveWay {
  /** A batch was stored; its oldest event had waited so long. Of all logs that this process stores. */
  stored(waitedMs: number): void
  /** The engine was kept busy for so long. */
  worked(tookMs: number): void
  /** Resolves when the next portion may begin, or the signal fires. */
  rest(signal: AbortSignal): Promise<void>
}

/** An event that waited longer came late. */
const LATE_MS = 2_000
/** Who stores nothing for so long is not held up by us; a batch that comes late may be followed by a slow one. */
const HEARD_MS = { usual: 5_000, late: 15_000 }
/** How many times as long as the work. */
const REST = { usual: 1, late: 3 }
const LONGEST_REST_MS = 30_000
const LOOK_MS = 50

const PACES = ['usual', 'late'] as const

export function createGiveWay({
  meter,
  now = () => performance.now(),
  sleep = (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined),
}: {
  readonly meter: Meter
  /** Milliseconds. */
  readonly now?: () => number
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>
}): GiveWay {
  const never = Number.NEGATIVE_INFINITY
  const heardUntil = { usual: never, late: never }
  const owedUntil = { usual: never, late: never }
  const restUntil = (): number => Math.max(...PACES.map((pace) => Math.min(heardUntil[pace], owedUntil[pace])))
  return {
    stored(waitedMs) {
      for (const pace of waitedMs > LATE_MS ? PACES : (['usual'] as const)) heardUntil[pace] = now() + HEARD_MS[pace]
    },
    worked(tookMs) {
      for (const pace of PACES) owedUntil[pace] = Math.min(now() + LONGEST_REST_MS, Math.max(now(), owedUntil[pace]) + REST[pace] * tookMs)
    },
    async rest(signal) {
      if (now() >= restUntil()) return
      const begun = now()
      while (!signal.aborted && now() < restUntil()) await sleep(LOOK_MS, signal)
      countRest(meter, now() - begun)
    },
  }
}
