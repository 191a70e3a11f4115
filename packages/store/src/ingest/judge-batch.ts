import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { IngestPositionConflict } from '../errors.ts'
import type { BatchVerdict, IngestStore } from './ingest-store.ts'

export async function judgeBatch(
  { db }: Session,
  { stream, batch, verdict }: Parameters<IngestStore['judgeBatch']>[0],
): Promise<BatchVerdict> {
  const { rows } = await sql<{ verdict: BatchVerdict }>`
    update tenon.ingest_open_batches set verdict = coalesce(verdict, ${storableJson(verdict)}::jsonb)
    where stream = ${stream} and batch = ${batch}
    returning verdict`.execute(db)
  const [row] = rows
  if (row === undefined) throw IngestPositionConflict.create({ stream, asked: `judging batch ${batch}`, found: 'it is not open' })
  return row.verdict
}
