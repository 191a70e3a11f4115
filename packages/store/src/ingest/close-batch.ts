import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import { IngestCountsInvalid, IngestPositionConflict } from '../errors.ts'
import type { IngestStore, ReplayOutcome } from './ingest-store.ts'

/** Within a transaction. */
export async function closeBatch(session: Session, request: Parameters<IngestStore['closeBatch']>[0]): Promise<void> {
  const { db } = session
  const { stream, batch, to, counts, replays = [] } = request
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
  if (numAffectedRows !== undefined && numAffectedRows > 0n) return addOutcomes(session, replays)

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
