import { setTimeout as delay } from 'node:timers/promises'
import type { IngestCounts, Store, StreamProgress } from '@tenon/store'
import type { EventLog } from '../log/event-log.ts'

/** A log, and its stream in the store. */
export interface Line<Log = EventLog> {
  readonly log: Log
  readonly stream: string
}

type Watched = Line<Pick<EventLog, 'look' | 'countParts'>>

/** Shared logs as they stood at the last look. */
export interface Sight {
  readonly counts: IngestCounts
  readonly inLog: number
  readonly position: number
}

export interface LogWatch {
  /** Undefined before the first. */
  readonly last: Sight | undefined
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
export function watchLogs(store: Store, lines: readonly Watched[], signal: AbortSignal): LogWatch {
  const streams = lines.map(({ stream }) => stream)
  let last: Sight | undefined
  let looking: Promise<Sight> | undefined

  let known: readonly StreamProgress[] | undefined

  /** While the store is away nothing is closed: what it said last still holds, as long as the log has all that comes behind it. */
  async function progressNow(): Promise<{ readonly progress: readonly StreamProgress[]; readonly fault?: unknown }> {
    try {
      known = await store.ingest.progress(streams)
      return { progress: known }
    } catch (fault) {
      if (known === undefined) throw fault
      return { progress: known, fault }
    }
  }

  async function seeLine({ log }: Watched, { position, counts }: StreamProgress) {
    const { end } = await log.look()
    const inLog = await log.countParts(position, end)
    return { position, counts, inLog, isWhole: (await log.look()).first <= position }
  }

  /**
   * Where messages behind a position are gone, somebody stored on and deleted what we were about to count: we look again. If by then the
   * position is where it was, they are gone for good (the store is older than the log): what is left is what waits.
   */
  async function lookNow(before?: readonly StreamProgress[]): Promise<Sight> {
    const { progress, fault } = await progressNow()
    const sights = await Promise.all(progress.map((one, index) => seeLine(lines[index] as Watched, one)))
    const isGone = (index: number): boolean => sights[index]?.isWhole === false
    const hasMoved = (index: number): boolean => before?.[index]?.position !== progress[index]?.position
    if (fault !== undefined && sights.some((_, index) => isGone(index))) throw fault
    if (sights.some((_, index) => isGone(index) && hasMoved(index))) return lookNow(progress)
    const sum = (of: (sight: (typeof sights)[number]) => number): number => sights.reduce((total, sight) => total + of(sight), 0)
    const inLog = sum((sight) => sight.inLog)
    const counts = {
      received: sum((sight) => sight.counts.received) + inLog,
      stored: sum((sight) => sight.counts.stored),
      duplicate: sum((sight) => sight.counts.duplicate),
      failed: sum((sight) => sight.counts.failed),
      dropped: sum((sight) => sight.counts.dropped),
    }
    const sight: Sight = { counts, inLog, position: sum(({ position }) => position) }
    last = sight
    return sight
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
