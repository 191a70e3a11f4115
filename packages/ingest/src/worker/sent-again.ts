import { DEDUP_WINDOW_DAYS } from '@tenon/store'
import type { KeptEvent } from './judge-events.ts'
import type { Station } from './station.ts'
import { nameOf, storedAmong } from './stored-among.ts'

const DAY_MS = 86_400_000
/** A day for clocks that differ. */
const SURE_MS = (DEDUP_WINDOW_DAYS - 1) * DAY_MS

/**
 * Replayed events that are stored already, because their senders have sent them again: what the dedup window has forgotten by now is looked
 * up in the engine. To be asked when all batches before this one are written.
 */
export async function sentAgain(kept: readonly KeptEvent[], batch: number, station: Station): Promise<ReadonlySet<KeptEvent>> {
  const since = station.clock.now().getTime() - SURE_MS
  const doubtful = kept.filter(
    // Of stage `write`: it may be there after all, written by a process that was believed dead.
    ({ replay, event }) => replay !== undefined && (event.receivedAt.getTime() < since || replay.stage === 'write'),
  )
  if (doubtful.length === 0) return NONE
  const isStored = await storedAmong(doubtful, station, (row) => row.batch !== batch)
  const here = new Set(kept.flatMap(({ workspace, event, replay }) => (replay === undefined ? [nameOf(workspace, event)] : [])))
  const again = new Set<KeptEvent>()
  for (const one of doubtful) {
    const name = nameOf(one.workspace, one.event)
    if (isStored(one) || here.has(name)) again.add(one)
    here.add(name)
  }
  return again
}

const NONE: ReadonlySet<KeptEvent> = new Set()
