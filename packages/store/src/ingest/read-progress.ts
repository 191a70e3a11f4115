import type { Session } from '../database/session.ts'
import type { StreamProgress } from './ingest-store.ts'

/** In one statement: a position and its counts are of one moment. */
export async function readProgress({ db }: Session, streams: readonly string[]): Promise<readonly StreamProgress[]> {
  const rows = await db
    .selectFrom('tenon.ingest_streams')
    .select(['stream', 'position', 'received', 'stored', 'duplicate', 'failed', 'dropped'])
    .where('stream', 'in', [...streams, ''])
    .execute()
  const known = new Map(rows.map(({ stream, position, ...counts }) => [stream, Object.freeze({ stream, position, counts })]))
  const nothing = { received: 0, stored: 0, duplicate: 0, failed: 0, dropped: 0 }
  return streams.map((stream) => known.get(stream) ?? Object.freeze({ stream, position: 0, counts: nothing }))
}
