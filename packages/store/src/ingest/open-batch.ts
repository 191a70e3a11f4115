import { sql } from 'kysely'
import { boundQueries } from '../database/bound-queries.ts'
import type { Session } from '../database/session.ts'
import { IngestPositionConflict } from '../errors.ts'
import { openWorkspaceStore } from '../open-workspace-store.ts'
import { lockIdentities } from '../profiles/lock-identities.ts'
import { freshEvents } from './fresh-events.ts'
import type { OpenBatchRequest, OpenedBatch } from './ingest-store.ts'

/** Within a transaction. */
export async function openBatch<R>(session: Session, { events, resolve, ...range }: OpenBatchRequest<R>): Promise<OpenedBatch<R>> {
  const { batch, replayed } = await takeBatch(session, range)
  const fresh = await freshEvents(session, { events, batch, replayed })
  // In one order everywhere, so that two streams with the same workspaces wait for each other and never in a circle.
  const workspaces = [...new Set(fresh.map((place) => events[place]?.workspace ?? ''))].sort()
  for (const workspace of workspaces) await lockIdentities({ ...session, db: session.db.withPlugin(boundQueries(workspace)), workspace })
  const result = await resolve({ in: (workspace) => openWorkspaceStore(session, workspace) }, fresh)
  return { batch, fresh, result, replayed }
}

/** Locks the stream until the end of the transaction, and records the batch as open. */
async function takeBatch(
  { db }: Session,
  { stream, from, to }: Pick<OpenBatchRequest<unknown>, 'stream' | 'from' | 'to'>,
): Promise<{ readonly batch: number; readonly replayed: boolean }> {
  await db
    .insertInto('tenon.ingest_streams')
    .values({ stream })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const now = await db
    .selectFrom('tenon.ingest_streams')
    .select(['position', 'open_batch', 'open_from', 'open_to'])
    .where('stream', '=', stream)
    .forUpdate()
    .executeTakeFirstOrThrow()
  const asked = `a batch from ${from} to ${to}`
  if (now.open_batch !== null) {
    if (now.open_from === from && now.open_to === to) return { batch: now.open_batch, replayed: true }
    throw IngestPositionConflict.create({ stream, asked, found: `the open batch from ${now.open_from} to ${now.open_to}` })
  }
  if (now.position !== from || to < from) throw IngestPositionConflict.create({ stream, asked, found: `position ${now.position}` })
  const { rows } = await sql<{ open_batch: number }>`
    update tenon.ingest_streams set open_batch = nextval('tenon.ingest_batches'), open_from = ${from}, open_to = ${to}
    where stream = ${stream} returning open_batch`.execute(db)
  const [row] = rows
  if (row === undefined) throw IngestPositionConflict.create({ stream, asked, found: 'no such stream' })
  return { batch: row.open_batch, replayed: false }
}
