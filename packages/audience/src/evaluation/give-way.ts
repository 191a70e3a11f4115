import { setTimeout as pause } from 'node:timers/promises'
import type { Meter } from '@tenon/kernel/contracts'
import { countRest } from '../metrics.ts'

/**
 * Storing and evaluating want the same engine. A segment may be late where the log may not fill, so evaluations that nobody waits for give
 * way: after each portion they rest for as long as it took while events are stored, three times as long while those come late, and twelve
 * times while they come so late that storing does not keep up.
 */
export interface GiveWay {
  /** A batch was stored; its oldest event had waited so long. Of all logs that this process stores. */
  stored(waitedMs: number): void
  /** The engine was kept busy for so long. */
  worked(tookMs: number): void
  /** Resolves when the next portion may begin, or the signal fires. */
  rest(signal: AbortSignal): Promise<void>
}

/**
 * Beyond which time an event waited; how long it is heard of: who stores nothing for so long is not held up by us, and a batch that comes
 * late may be followed by a slow one; how many times as long as the work the rest is.
 */
const USUAL = { overMs: Number.NEGATIVE_INFINITY, heardMs: 5_000, rest: 1 }
const LATE = { overMs: 2_000, heardMs: 15_000, rest: 3 }
const BEHIND = { overMs: 20_000, heardMs: 15_000, rest: 12 }
const LONGEST_REST_MS = 30_000
const LOOK_MS = 50

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
  const paces = [USUAL, LATE, BEHIND].map((pace) => ({ ...pace, heardUntil: never, owedUntil: never }))
  const restUntil = (): number => Math.max(...paces.map(({ heardUntil, owedUntil }) => Math.min(heardUntil, owedUntil)))
  return {
    stored(waitedMs) {
      for (const pace of paces) if (waitedMs > pace.overMs) pace.heardUntil = now() + pace.heardMs
    },
    worked(tookMs) {
      for (const pace of paces) pace.owedUntil = Math.min(now() + LONGEST_REST_MS, Math.max(now(), pace.owedUntil) + pace.rest * tookMs)
    },
    async rest(signal) {
      if (now() >= restUntil()) return
      const begun = now()
      while (!signal.aborted && now() < restUntil()) await sleep(LOOK_MS, signal)
      countRest(meter, now() - begun)
    },
  }
}
