import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import { boundQueries } from '../database/bound-queries.ts'
import type { Session } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { IngestPositionConflict } from '../errors.ts'
import { openWorkspaceStore } from '../open-workspace-store.ts'
import { lockIdentities } from '../profiles/lock-identities.ts'
import { freshEvents } from './fresh-events.ts'
import type { BatchVerdict, OpenBatchRequest, OpenedBatch, Rulings } from './ingest-store.ts'
import { readStream } from './read-stream.ts'

/** Within a transaction. */
export async function openBatch<R>(
  session: Session,
  { events, workspaces: named = [], resolve, ...range }: OpenBatchRequest<R>,
): Promise<OpenedBatch<R>> {
  const { batch, openedAt, replayed, verdict, ...taken } = await takeBatch(session, range)
  let { rulings } = taken
  const fresh = await freshEvents(session, { events, batch, replayed })
  // In one order everywhere, so that two streams with the same workspaces wait for each other and never in a circle.
  const workspaces = [...new Set([...fresh.map((place) => events[place]?.workspace ?? ''), ...named])].sort()
  for (const workspace of workspaces) await lockIdentities({ ...session, db: session.db.withPlugin(boundQueries(workspace)), workspace })
  const rule = async (more: Rulings): Promise<void> => {
    rulings = { ...more, ...rulings }
    await writeRulings(session, { batch, stream: range.stream, rulings })
  }
  const result = await resolve({ in: (workspace) => openWorkspaceStore(session, workspace), rule }, fresh)
  return { batch, openedAt, fresh, result, replayed, rulings, ...(verdict === null ? {} : { verdict }) }
}

interface TakenBatch {
  readonly batch: number
  readonly openedAt: Date
  readonly replayed: boolean
  readonly rulings: Rulings
  readonly verdict: BatchVerdict | null
}

type Take = Pick<OpenBatchRequest<unknown>, 'stream' | 'from' | 'to' | 'standing' | 'rulings'>

/**
 * Records the batch as open. One at a time opens batches of a stream, until the end of its transaction; closing the one before does not
 * wait for that.
 */
async function takeBatch(session: Session, { stream, from, to, standing, rulings: more = {} }: Take): Promise<TakenBatch> {
  const { db, clock } = session
  const rulings = { ...more, ...standing }
  await sql`select pg_advisory_xact_lock(hashtextextended('stream', hashtextextended(${stream}, 0)))`.execute(db)
  await db
    .insertInto('tenon.ingest_streams')
    .values({ stream })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const { position, open } = await readStream(db, stream)
  const known = open.find((each) => each.from === from && each.to === to)
  if (known !== undefined) {
    const { batch, openedAt, verdict } = known
    const isWritten = isDeepStrictEqual(known.rulings, rulings)
    // Who believes to be the first has ruled as the first would.
    if (!isWritten && !isDeepStrictEqual(known.rulings, standing)) {
      const asked = `batch ${batch} under ${Object.keys(rulings).length} rulings`
      throw IngestPositionConflict.create({ stream, asked, found: `${Object.keys(known.rulings).length} rulings of its first opening` })
    }
    if (!isWritten) await writeRulings(session, { stream, batch, rulings })
    return { batch, openedAt, replayed: true, rulings, verdict }
  }
  const last = open.at(-1)
  if ((last?.to ?? position) !== from || to < from) {
    const found = last === undefined ? `position ${position}` : `the open batch from ${last.from} to ${last.to}`
    throw IngestPositionConflict.create({ stream, asked: `a batch from ${from} to ${to}`, found })
  }
  const openedAt = clock.now()
  const { rows } = await sql<{ batch: number }>`
    insert into tenon.ingest_open_batches (stream, batch, from_position, to_position, opened_at, rulings)
    values (${stream}, nextval('tenon.ingest_batches'), ${from}, ${to}, ${openedAt}, ${storableJson(rulings)}::jsonb) returning batch`.execute(
    db,
  )
  const [row] = rows
  if (row === undefined) throw new RangeError('an insert returned nothing')
  return { batch: row.batch, openedAt, replayed: false, rulings, verdict: null }
}

async function writeRulings(
  { db }: Session,
  { stream, batch, rulings }: { readonly stream: string; readonly batch: number; readonly rulings: Rulings },
): Promise<void> {
  await sql`
    update tenon.ingest_open_batches set rulings = ${storableJson(rulings)}::jsonb where stream = ${stream} and batch = ${batch}`.execute(
    db,
  )
}
