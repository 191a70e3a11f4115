import { setTimeout as delay } from 'node:timers/promises'
import type { Load } from '../load/send-load.ts'

export const SEED = 9
/** Between two kills. */
export const LIVES_MS = { from: 200, to: 2_500 }
export const EVENTS_PER_SECOND = 2_000
export const LOAD = { seed: SEED, people: 5_000, insists: true, eventsPerRequest: 20 }

export interface CrashRun {
  readonly folder: string
  readonly rounds: number
  readonly log: (line: string) => void
}

export interface Crashed {
  readonly log: 'local' | 'jetstream'
  readonly rounds: number
  readonly acked: number
  readonly lost: number
  readonly duplicated: number
}

/** Resolves once something was acknowledged from now on. */
export async function underLoad(load: Load): Promise<void> {
  const before = load.acknowledged
  for (let waited = 0; load.acknowledged === before; waited += 10) {
    if (waited > 60_000) throw new Error('the server accepts nothing')
    await delay(10)
  }
}
