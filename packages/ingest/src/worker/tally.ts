import type { IngestCounts, ReplayOutcome } from '@tenon/store'
import type { Failure } from './incoming.ts'

/** What a batch comes to: `settled` are failed events that are none any more. */
export interface Outcomes {
  /** Events that came for the first time. */
  readonly received: number
  /** Of these, those that had been there. */
  readonly duplicate: number
  readonly stored: number
  readonly failed: readonly Failure[]
  readonly settled: readonly Failure[]
}

/**
 * received = stored + duplicate + failed + dropped, also of this batch alone: an event that is replayed was received and counted as failed
 * before, so it moves from there to where it belongs now.
 */
export function countBatch({ received, duplicate, stored, failed, settled }: Outcomes): IngestCounts {
  const dropped = failed.filter(({ state }) => state === 'dropped')
  const first = failed.filter(({ state, replay }) => state === 'open' && replay === undefined)
  const droppedNow = dropped.filter(({ replay }) => replay !== undefined)
  return {
    received,
    stored,
    duplicate: duplicate + settled.filter(({ state }) => state === 'duplicate').length,
    failed: first.length - settled.length - droppedNow.length,
    dropped: dropped.length,
  }
}

/** What became of a failed event, by the state that it ends an attempt in. */
export const BECAME = { replayed: 'stored', duplicate: 'duplicate', dropped: 'dropped', open: 'failed', discarded: 'failed' } as const

/** The same by replay, of those that are parts of one. */
export function countReplays(outcomes: Outcomes): readonly ReplayOutcome[] {
  const counts = new Map<
    string,
    { workspace: string; replay: string; stored: number; duplicate: number; dropped: number; failed: number }
  >()
  for (const { workspace, state, replay } of [...outcomes.failed, ...outcomes.settled]) {
    if (replay?.replay === undefined) continue
    const of = counts.get(replay.replay) ?? { workspace, replay: replay.replay, stored: 0, duplicate: 0, dropped: 0, failed: 0 }
    of[BECAME[state]] += 1
    counts.set(replay.replay, of)
  }
  return [...counts.values()]
}
