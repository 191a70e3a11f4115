import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { IngestPositionConflict } from '../errors.ts'
import { freshEvents } from './fresh-events.ts'
import type { BatchVerdict, IngestStore } from './ingest-store.ts'

type Request = Parameters<IngestStore['judgeBatch']>[0]

/** Within a transaction where there are claims. */
export async function judgeBatch(session: Session, request: Request): Promise<BatchVerdict> {
  const { stream, batch, verdict, claims = [] } = request
  if (claims.length === 0) return keepFirst(session, request)
  const { rows } = await sql<{ verdict: BatchVerdict | null }>`
    select verdict from tenon.ingest_open_batches where stream = ${stream} and batch = ${batch} for update`.execute(session.db)
  const [row] = rows
  if (row === undefined) throw notOpen(request)
  if (row.verdict !== null) return row.verdict
  const fresh = new Set(await freshEvents(session, { events: claims.map(({ key }) => key), batch, replayed: false }))
  const taken = claims.flatMap(({ place, otherwise }, index) => (fresh.has(index) ? [] : [[place, otherwise] as const]))
  return keepFirst(session, { stream, batch, verdict: { ...verdict, ...Object.fromEntries(taken) } })
}

async function keepFirst({ db }: Session, request: Pick<Request, 'stream' | 'batch' | 'verdict'>): Promise<BatchVerdict> {
  const { stream, batch, verdict } = request
  const { rows } = await sql<{ verdict: BatchVerdict }>`
    update tenon.ingest_open_batches set verdict = coalesce(verdict, ${storableJson(verdict)}::jsonb)
    where stream = ${stream} and batch = ${batch}
    returning verdict`.execute(db)
  const [row] = rows
  if (row === undefined) throw notOpen(request)
  return row.verdict
}

const notOpen = ({ stream, batch }: Pick<Request, 'stream' | 'batch'>): Error =>
  IngestPositionConflict.create({ stream, asked: `judging batch ${batch}`, found: 'it is not open' })
