import type { Failure } from './incoming.ts'
import type { LateEvent } from './judge-events.ts'
import type { Station } from './station.ts'
import { nameOf, storedAmong } from './stored-among.ts'

/** Which of the events that are ruled upon late had been written before: they are stored, and only the others failed. */
export async function lateOnes(
  events: readonly LateEvent[],
  batch: number,
  station: Station,
): Promise<{ readonly stored: readonly LateEvent[]; readonly failed: readonly Failure[] }> {
  if (events.length === 0) return { stored: [], failed: [] }
  const stored = new Set<string>()
  for (const [workspace, members] of Map.groupBy(events, (event) => event.workspace))
    for (const row of await storedAmong(workspace, members, station, { batch })) stored.add(nameOf(workspace, row))
  const isStored = ({ workspace, event }: LateEvent): boolean => stored.has(nameOf(workspace, event))
  return {
    stored: events.filter(isStored),
    failed: events.filter((event) => !isStored(event)).map(({ failure }) => failure),
  }
}
