import { sql } from 'kysely'
import { again, type Session } from '../database/session.ts'
import { dayOf } from './day-of.ts'

const DAY_MS = 86_400_000

/** Forgets messages that were seen so many days ago. That they may be gone is written down first: whoever finds one missing can know why. */
export async function forget(
  session: Session,
  { olderThanDays, signal }: { readonly olderThanDays: number; readonly signal?: AbortSignal },
): Promise<number> {
  const before = dayOf(new Date(session.clock.now().getTime() - olderThanDays * DAY_MS))
  await again(session, () => markForgotten(session, before))
  let forgotten = 0
  while (signal?.aborted !== true) {
    const deleted = await again(session, () => forgetSome(session, before))
    forgotten += deleted
    if (deleted === 0) break
  }
  return forgotten
}

/** Of servers with different windows the shortest counts: the day only grows. */
async function markForgotten({ db }: Session, before: string): Promise<void> {
  await sql`
    insert into tenon.ingest_forgotten as known (before) values (${before}::date)
    on conflict (only_one) do update set before = excluded.before where known.before < excluded.before`.execute(db)
}

/** In pieces, so that no statement runs into its time limit and no lock is held for long. */
async function forgetSome({ db }: Session, before: string): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from tenon.ingest_seen where ctid = any(array(
      select ctid from tenon.ingest_seen where seen_on < ${before}::date limit 50000
    ))`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

export async function forgottenBefore({ db }: Session): Promise<Date | undefined> {
  const { rows } = await sql<{ before: Date }>`select before::timestamp at time zone 'utc' as before from tenon.ingest_forgotten`.execute(
    db,
  )
  return rows[0]?.before
}
