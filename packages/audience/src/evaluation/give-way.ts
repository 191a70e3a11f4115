import { setTimeout as pause } from 'node:timers/promises'

/** Storing and evaluating want the same engine. A segment may be late where the log may not fill, so evaluating gives way. */
export interface GiveWay {
  /** The oldest event of a batch had waited so long when it was stored. */
  stored(waitedMs: number): void
  /** Runs one portion of an evaluation. While storing is behind, the next one waits for some times as long as this one took. */
  portion<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T>
}

export interface GiveWayOptions {
  /** From which wait on storing is behind; 2 seconds by default. */
  readonly behindMs?: number
  /** For how long a batch that was late says so: who stores nothing meanwhile is not held up by us. 5 seconds by default. */
  readonly heardMs?: number
  /** How many times as long as it took a portion is followed by none; 3 by default, and 30 seconds at the most. */
  readonly rest?: number
}

const LONGEST_REST_MS = 30_000
const LOOK_MS = 50

export function createGiveWay({ behindMs = 2_000, heardMs = 5_000, rest = 3 }: GiveWayOptions = {}): GiveWay {
  let behindUntil = Number.NEGATIVE_INFINITY
  let restUntil = Number.NEGATIVE_INFINITY
  return {
    stored(waitedMs) {
      behindUntil = waitedMs > behindMs ? performance.now() + heardMs : Number.NEGATIVE_INFINITY
    },
    async portion(run, signal) {
      while (!signal.aborted && performance.now() < Math.min(behindUntil, restUntil))
        await pause(LOOK_MS, undefined, { signal }).catch(() => undefined)
      const begun = performance.now()
      try {
        return await run()
      } finally {
        const now = performance.now()
        restUntil = now + Math.min(LONGEST_REST_MS, rest * (now - begun))
      }
    },
  }
}
