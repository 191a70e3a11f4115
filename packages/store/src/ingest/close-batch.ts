import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import { IngestCountsInvalid, IngestPositionConflict } from '../errors.ts'
import type { ImportOutcome, IngestStore, ReplayOutcome } from './ingest-store.ts'

/** Within a transaction. */
export async function closeBatch(session: Session, request: Parameters<IngestStore['closeBatch']>[0]): Promise<void> {
  const { db } = session
  const { stream, batch, to, counts, replays = [], imports = [] } = request
  const { received, stored, duplicate, failed, dropped } = counts
  if (received !== stored + duplicate + failed + dropped) throw IngestCountsInvalid.create(counts)
  const { numAffectedRows } = await sql`
    with closed as (
      delete from tenon.ingest_open_batches
      where stream = ${stream} and batch = ${batch} and to_position = ${to}
        and batch = (select min(batch) from tenon.ingest_open_batches where stream = ${stream})
      returning stream
    )
    update tenon.ingest_streams set position = ${to}, last_batch = ${batch},
      received = received + ${received}, stored = stored + ${stored}, duplicate = duplicate + ${duplicate}, failed = failed + ${failed},
      dropped = dropped + ${dropped}
    where stream in (select stream from closed)`.execute(db)
  if (numAffectedRows !== undefined && numAffectedRows > 0n) {
    await addOutcomes(session, replays)
    await addImported(session, imports)
    return
  }

  const now = await db.selectFrom('tenon.ingest_streams').select(['position', 'last_batch']).where('stream', '=', stream).executeTakeFirst()
  if (now?.last_batch === batch && now.position === to) return
  throw IngestPositionConflict.create({
    stream,
    asked: `closing batch ${batch} at ${to}`,
    found: now ? `position ${now.position}, last closed batch ${now.last_batch ?? 'none'}` : 'no such stream',
  })
}

/** In one order, so that two streams that end batches of the same replays wait for each other and never in a circle. */
async function addOutcomes({ db, clock }: Session, replays: readonly ReplayOutcome[]): Promise<void> {
  for (const { workspace, replay, stored, duplicate, failed, dropped } of replays.toSorted((left, right) =>
    left.replay < right.replay ? -1 : 1,
  ))
    await sql`
      update tenon.replays set stored = stored + ${stored}, duplicate = duplicate + ${duplicate}, failed = failed + ${failed},
        dropped = dropped + ${dropped}, updated_at = ${clock.now()}
      where workspace = ${workspace} and id = ${replay}`.execute(db)
}

/** In one order, for the same reason. Of an import of before these were counted nothing is. */
async function addImported({ db }: Session, imports: readonly ImportOutcome[]): Promise<void> {
  for (const { workspace, importId, stored, duplicate, failed, dropped } of imports.toSorted((left, right) =>
    left.importId < right.importId ? -1 : 1,
  ))
    await sql`
      update tenon.imports set became_stored = became_stored + ${stored}, became_duplicate = became_duplicate + ${duplicate},
        became_failed = became_failed + ${failed}, became_dropped = became_dropped + ${dropped}
      where workspace = ${workspace} and id = ${importId}::uuid`.execute(db)
}
