import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import { IngestCountsInvalid, IngestPositionConflict } from '../errors.ts'
import type { IngestStore } from './ingest-store.ts'

/** Within a transaction. */
export async function closeBatch({ db }: Session, { stream, batch, to, counts }: Parameters<IngestStore['closeBatch']>[0]): Promise<void> {
  const { received, stored, duplicate, failed } = counts
  if (received !== stored + duplicate + failed) throw IngestCountsInvalid.create(counts)
  const { numAffectedRows } = await sql`
    with closed as (
      delete from tenon.ingest_open_batches
      where stream = ${stream} and batch = ${batch} and to_position = ${to}
        and batch = (select min(batch) from tenon.ingest_open_batches where stream = ${stream})
      returning stream
    )
    update tenon.ingest_streams set position = ${to}, last_batch = ${batch},
      received = received + ${received}, stored = stored + ${stored}, duplicate = duplicate + ${duplicate}, failed = failed + ${failed}
    where stream in (select stream from closed)`.execute(db)
  if (numAffectedRows !== undefined && numAffectedRows > 0n) return

  const now = await db.selectFrom('tenon.ingest_streams').select(['position', 'last_batch']).where('stream', '=', stream).executeTakeFirst()
  if (now?.last_batch === batch && now.position === to) return
  throw IngestPositionConflict.create({
    stream,
    asked: `closing batch ${batch} at ${to}`,
    found: now ? `position ${now.position}, last closed batch ${now.last_batch ?? 'none'}` : 'no such stream',
  })
}
