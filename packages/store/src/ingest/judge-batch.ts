import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { IngestPositionConflict } from '../errors.ts'
import type { IngestStore } from './ingest-store.ts'

export async function judgeBatch({ db }: Session, { stream, batch, verdict }: Parameters<IngestStore['judgeBatch']>[0]): Promise<void> {
  const { numAffectedRows } = await sql`
    update tenon.ingest_open_batches set verdict = coalesce(verdict, ${storableJson(verdict)}::jsonb)
    where stream = ${stream} and batch = ${batch}`.execute(db)
  if (numAffectedRows !== 1n) throw IngestPositionConflict.create({ stream, asked: `judging batch ${batch}`, found: 'it is not open' })
}
