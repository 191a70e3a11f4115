import type { ResolutionTally } from '../identity/measure-resolution.ts'
import type { LogPiece } from '../log/event-log.ts'
import { type DecodedBatch, firstTimers } from './decode-batch.ts'
import type { Imported } from './import-tally.ts'
import type { Failure } from './incoming.ts'
import { type Judged, judgeEvents } from './judge-events.ts'
import { openEvents } from './open-events.ts'
import { rulingsOver } from './rulings.ts'
import type { BatchMode, Station } from './station.ts'

/** A piece of the log of which the store knows what is new in it, whose it is and what may be kept. */
export interface PreparedBatch {
  readonly piece: LogPiece
  readonly batch: number
  readonly judged: Judged
  /** Refused before the log, or unreadable in it. */
  readonly refused: readonly Failure[]
  /** Failed events that their senders have sent again in the meantime. */
  readonly repeated: readonly Failure[]
  /** As many as the log says. */
  readonly received: number
  readonly duplicate: number
  readonly isolating: boolean
  readonly imported: Imported
  /** To be measured once the batch is closed. */
  readonly resolutions: readonly ResolutionTally[]
}

/**
 * The first of two steps in which a piece of the log is stored exactly once. Their order is what makes a crash at any point harmless: the
 * store remembers the batch, what was new in it and all that was said of its events; the engine is written under the name of the batch;
 * then the store closes it. Done again from any point, it comes to the same. The next piece may be prepared while this one is written.
 */
export async function prepareBatch(decoded: DecodedBatch, station: Station, mode: BatchMode): Promise<PreparedBatch> {
  const { piece, events, rulings, refused, refusedOnce, unreadable } = decoded
  const opened = await openEvents({ piece, events, refusedOnce, rulings: rulingsOver(rulings, mode.standing) }, station, mode)
  const judged = await judgeEvents(opened, station)
  // What a plugin failed on is written down now: it need not be remembered.
  for (const memory of [mode.blamed, mode.remembered]) if (memory.size > 0) for (const { place } of events) memory.delete(place)
  return {
    piece,
    batch: opened.batch,
    judged,
    // Read first when its batch was opened first: so it keeps its time, and is kept as long as everything else.
    refused: [...refused, ...unreadable.map((part) => ({ ...part, receivedAt: opened.openedAt })), ...opened.refused],
    repeated: opened.repeated,
    received: piece.parts,
    duplicate:
      firstTimers(events) -
      firstTimers(opened.events.map(({ incoming }) => incoming)) +
      firstTimers(refusedOnce.map(({ failure }) => failure)) -
      firstTimers(opened.refused),
    isolating: mode.isolating,
    imported: decoded.imported,
    resolutions: opened.resolutions,
  }
}
