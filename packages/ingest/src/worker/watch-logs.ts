import { setTimeout as delay } from 'node:timers/promises'
import type { IngestCounts, Store, StreamProgress } from '@tenon/store'
import type { EventLog } from '../log/event-log.ts'

/** A log that several processes share, and its stream in the store. */
export interface Line {
  readonly log: EventLog
  readonly stream: string
}

/** Shared logs as they stood at the last look. */
export interface Sight {
  readonly counts: IngestCounts
  readonly inLog: number
  readonly position: number
}

export interface LogWatch {
  readonly last: Sight
  /** Looks now. */
  look(): Promise<Sight>
  /** Resolves once everything that is in the logs now is stored, by whomever, or the signal fires. */
  caughtUp(limit?: AbortSignal): Promise<void>
}

const OFTEN_MS = 25

/**
 * What is in shared logs and how far they are stored. What was received is what the store has counted up to a position, and what the log
 * holds from there on: the sums are right at every look, whoever accepts and whoever stores.
 */
export function watchLogs(store: Store, lines: readonly Line[], signal: AbortSignal): LogWatch {
  const streams = lines.map(({ stream }) => stream)
  let last: Sight = { counts: { received: 0, stored: 0, duplicate: 0, failed: 0, dropped: 0 }, inLog: 0, position: 0 }
  let looking: Promise<Sight> | undefined

  let known: readonly StreamProgress[] | undefined

  /** While the store is away nothing is closed: what it said last still holds. */
  async function progressNow(): Promise<readonly StreamProgress[]> {
    try {
      known = await store.ingest.progress(streams)
    } catch (error) {
      if (known === undefined) throw error
    }
    return known
  }

  async function seeLine({ log }: Line, { position, counts }: StreamProgress) {
    const { end } = await log.look()
    const inLog = await log.countParts(position, end)
    // Somebody stored on and deleted from the log what we were about to count.
    return (await log.look()).first > position ? undefined : { position, counts, inLog }
  }

  async function lookNow(): Promise<Sight> {
    const progress = await progressNow()
    const seen = await Promise.all(progress.map((one, index) => seeLine(lines[index] as Line, one)))
    const sights = seen.flatMap((one) => one ?? [])
    if (sights.length < seen.length) return lookNow()
    const sum = (of: (sight: (typeof sights)[number]) => number): number => sights.reduce((total, sight) => total + of(sight), 0)
    const inLog = sum((sight) => sight.inLog)
    const counts = {
      received: sum((sight) => sight.counts.received) + inLog,
      stored: sum((sight) => sight.counts.stored),
      duplicate: sum((sight) => sight.counts.duplicate),
      failed: sum((sight) => sight.counts.failed),
      dropped: sum((sight) => sight.counts.dropped),
    }
    last = { counts, inLog, position: sum(({ position }) => position) }
    return last
  }

  return {
    get last() {
      return last
    },
    look() {
      looking ??= lookNow().finally(() => {
        looking = undefined
      })
      return looking
    },
    async caughtUp(limit = signal) {
      const ends = await Promise.all(lines.map(async ({ log }) => (await log.look()).end))
      while (!signal.aborted && !limit.aborted) {
        const progress = await store.ingest.progress(streams).catch(() => [])
        if (progress.length > 0 && progress.every(({ position }, index) => position >= (ends[index] ?? 0))) return
        await delay(OFTEN_MS, undefined, { signal: limit }).catch(() => undefined)
      }
    },
  }
}
