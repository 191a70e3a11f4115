import { sql } from 'kysely'
import { boundQueries } from '../database/bound-queries.ts'
import type { Session } from '../database/session.ts'
import { IngestPositionConflict } from '../errors.ts'
import { openWorkspaceStore } from '../open-workspace-store.ts'
import { lockIdentities } from '../profiles/lock-identities.ts'
import { freshEvents } from './fresh-events.ts'
import type { BatchVerdict, OpenBatchRequest, OpenedBatch } from './ingest-store.ts'
import { readStream } from './read-stream.ts'

/** Within a transaction. */
export async function openBatch<R>(session: Session, { events, resolve, ...range }: OpenBatchRequest<R>): Promise<OpenedBatch<R>> {
  const { batch, replayed, verdict } = await takeBatch(session, range)
  const fresh = await freshEvents(session, { events, batch, replayed })
  // In one order everywhere, so that two streams with the same workspaces wait for each other and never in a circle.
  const workspaces = [...new Set(fresh.map((place) => events[place]?.workspace ?? ''))].sort()
  for (const workspace of workspaces) await lockIdentities({ ...session, db: session.db.withPlugin(boundQueries(workspace)), workspace })
  const result = await resolve({ in: (workspace) => openWorkspaceStore(session, workspace) }, fresh)
  return { batch, fresh, result, replayed, ...(verdict === null ? {} : { verdict }) }
}

interface TakenBatch {
  readonly batch: number
  readonly replayed: boolean
  readonly verdict: BatchVerdict | null
}

/**
 * Records the batch as open. One at a time opens batches of a stream, until the end of its transaction; closing the one before does not
 * wait for that.
 */
async function takeBatch(
  { db }: Session,
  { stream, from, to }: Pick<OpenBatchRequest<unknown>, 'stream' | 'from' | 'to'>,
): Promise<TakenBatch> {
  await sql`select pg_advisory_xact_lock(hashtextextended('stream', hashtextextended(${stream}, 0)))`.execute(db)
  await db
    .insertInto('tenon.ingest_streams')
    .values({ stream })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const { position, open } = await readStream(db, stream)
  const known = open.find((each) => each.from === from && each.to === to)
  if (known !== undefined) return { batch: known.batch, replayed: true, verdict: known.verdict }
  const last = open.at(-1)
  if ((last?.to ?? position) !== from || to < from) {
    const found = last === undefined ? `position ${position}` : `the open batch from ${last.from} to ${last.to}`
    throw IngestPositionConflict.create({ stream, asked: `a batch from ${from} to ${to}`, found })
  }
  const { rows } = await sql<{ batch: number }>`
    insert into tenon.ingest_open_batches (stream, batch, from_position, to_position)
    values (${stream}, nextval('tenon.ingest_batches'), ${from}, ${to}) returning batch`.execute(db)
  const [row] = rows
  if (row === undefined) throw new RangeError('an insert returned nothing')
  return { batch: row.batch, replayed: false, verdict: null }
}
