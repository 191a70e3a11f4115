import type { Session } from '../database/session.ts'
import { IngestCountsInvalid, IngestPositionConflict } from '../errors.ts'
import type { IngestStore } from './ingest-store.ts'

export async function closeBatch({ db }: Session, { stream, batch, to, counts }: Parameters<IngestStore['closeBatch']>[0]): Promise<void> {
  const { received, stored, duplicate, failed } = counts
  if (received !== stored + duplicate + failed) throw IngestCountsInvalid.create(counts)
  const { numUpdatedRows } = await db
    .updateTable('tenon.ingest_streams')
    .set((stream) => ({
      position: to,
      last_batch: batch,
      open_batch: null,
      open_from: null,
      open_to: null,
      received: stream('received', '+', received),
      stored: stream('stored', '+', stored),
      duplicate: stream('duplicate', '+', duplicate),
      failed: stream('failed', '+', failed),
    }))
    .where('stream', '=', stream)
    .where('open_batch', '=', batch)
    .where('open_to', '=', to)
    .executeTakeFirst()
  if (numUpdatedRows > 0n) return

  const now = await db
    .selectFrom('tenon.ingest_streams')
    .select(['position', 'last_batch', 'open_batch'])
    .where('stream', '=', stream)
    .executeTakeFirst()
  if (now?.last_batch === batch && now.position === to) return
  throw IngestPositionConflict.create({
    stream,
    asked: `closing batch ${batch} at ${to}`,
    found: now ? `position ${now.position}, open batch ${now.open_batch ?? 'none'}` : 'no such stream',
  })
}
