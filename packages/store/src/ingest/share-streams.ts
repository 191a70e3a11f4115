import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import type { IngestStore, WorkerShare } from './ingest-store.ts'

/** Within a transaction. One worker asks at a time, so that no two are given the same. */
export async function share({ db }: Session, { worker, streams, ttlMs }: Parameters<IngestStore['share']>[0]): Promise<WorkerShare> {
  await sql`select pg_advisory_xact_lock(hashtextextended('shares of ingest', 0))`.execute(db)
  // Time of the database: clocks of workers differ.
  await sql`delete from tenon.ingest_workers where alive_until < clock_timestamp() and worker <> ${worker}`.execute(db)
  await sql`
    insert into tenon.ingest_workers (worker, alive_until) values (${worker}, clock_timestamp() + ${ttlMs} * interval '1 ms')
    on conflict (worker) do update set alive_until = excluded.alive_until`.execute(db)
  const asked = [...streams]
  await sql`
    insert into tenon.ingest_shares (stream) select unnest(${asked}::text[]) on conflict do nothing`.execute(db)
  const { rows } = await sql<{ fair: number }>`
    select ceil(${asked.length}::numeric / count(*))::int as fair from tenon.ingest_workers`.execute(db)
  const fair = rows[0]?.fair ?? asked.length
  await sql`
    update tenon.ingest_shares set worker = ${worker} where stream in (
      select stream from tenon.ingest_shares where stream = any(${asked}::text[]) and worker is null order by stream
      limit greatest(0, ${fair} - (select count(*) from tenon.ingest_shares where stream = any(${asked}::text[]) and worker = ${worker}))
    )`.execute(db)
  const held = await db
    .selectFrom('tenon.ingest_shares')
    .select('stream')
    .where('worker', '=', worker)
    .where('stream', 'in', [...asked, ''])
    .orderBy('stream')
    .execute()
  return Object.freeze({ held: held.map(({ stream }) => stream), fair })
}

export async function handBack({ db }: Session, { worker, streams }: Parameters<IngestStore['handBack']>[0]): Promise<void> {
  if (streams === undefined) await db.deleteFrom('tenon.ingest_workers').where('worker', '=', worker).execute()
  else
    await db
      .updateTable('tenon.ingest_shares')
      .set({ worker: null })
      .where('worker', '=', worker)
      .where('stream', 'in', [...streams, ''])
      .execute()
}
