import type { Ruling } from '@tenon/store'
import { LogCountsDiffer } from '../errors.ts'
import type { LogChunk, LogPiece } from '../log/event-log.ts'
import { type Transformed, transformEvents } from '../transform/transform-events.ts'
import { type Imported, importedIn } from './import-tally.ts'
import { type Incoming, type IncomingBatch, readIncoming } from './incoming.ts'
import type { BatchMode, Station } from './station.ts'

/** A piece of the log as it is before any store was asked about it: read, and through its transformations. */
export interface DecodedBatch extends IncomingBatch {
  /** Its records are let go: batches are held until they are stored. */
  readonly piece: LogPiece
  /** Of events that a transformation stopped, by place. */
  readonly rulings: ReadonlyMap<string, Ruling>
  readonly imported: Imported
}

/**
 * Claims and writes nothing.
 *
 * @throws TENON_LOG_COUNTS_DIFFER where the piece holds another number of events than the log says: what is passed over must not become
 * part of a batch of this name.
 */
export async function decodeBatch(chunk: LogChunk, station: Station, mode: Pick<BatchMode, 'remembered'>): Promise<DecodedBatch> {
  const { stream } = station
  const { from, next, parts } = chunk
  const incoming = await readIncoming(stream, chunk)
  const { events, rulings } = await transform(incoming.events, station, mode)
  const { refused, refusedOnce, unreadable } = incoming
  const found = firstTimers(events) + refused.length + unreadable.length + firstTimers(refusedOnce.map(({ failure }) => failure))
  if (found !== parts) throw LogCountsDiffer.create({ stream, from, to: next, parts, found })
  return { piece: { from, next, parts }, events, rulings, refused, refusedOnce, unreadable, imported: importedIn(incoming) }
}

/** How many came for the first time. */
export function firstTimers(parts: readonly Pick<Incoming, 'replay'>[]): number {
  let count = 0
  for (const { replay } of parts) if (replay === undefined) count += 1
  return count
}

async function transform(
  events: readonly Incoming[],
  { transformations, meter, signal }: Station,
  { remembered }: Pick<BatchMode, 'remembered'>,
): Promise<Transformed> {
  if (transformations.size === 0) return { events, rulings: new Map() }
  return transformEvents(events, { transformations, remembered, meter, signal })
}
