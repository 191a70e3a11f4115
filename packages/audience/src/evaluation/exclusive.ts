import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from '@tenon/store'
import { createTurns } from './turns.ts'

/** Work that nobody else in the fleet does at the same time. */
export interface Exclusive {
  /**
   * Waits for its turn, in the order of asking within this process. `signal` of the work fires with the given one, and when
   * another process may have taken over.
   */
  take<T>(name: string, run: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>
  /** Resolves when nothing is being done and nothing waits. */
  idle(): Promise<void>
}

/** How long others wait for a process that died. One that lives renews it, so that it may work as long as it likes. */
const LEASE_MS = 15_000
const SHORTEST_WAIT_MS = 25
const LONGEST_WAIT_MS = 100
/** Between two pieces of work of one owner: longer than others wait before they look again, so that they find it free. */
export const BREATH_MS = 150

export function createExclusive(jobs: Store['jobs']): Exclusive {
  const turns = createTurns()
  return {
    idle: turns.idle,
    take: (name, run, signal) =>
      turns.take(name, async () => {
        for (let waitMs = SHORTEST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
          signal.throwIfAborted()
          const outcome = await jobs.lease({ job: name, ttlMs: LEASE_MS, run, signal })
          if (outcome.ran) return outcome.result
          await pause(waitMs, undefined, { signal }).catch(() => {})
        }
      }),
  }
}
