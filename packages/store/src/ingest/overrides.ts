import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import type { PendingOverride } from './ingest-store.ts'

export async function listPendingOverrides({ db }: Session, limit: number): Promise<readonly PendingOverride[]> {
  const rows = await db
    .selectFrom('tenon.merges')
    .select(['id', 'workspace', 'winner', 'loser', 'members'])
    .where('override_written', '=', false)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id, workspace, winner, loser, members }) =>
    Object.freeze({ merge: id, workspace, oldProfiles: [loser, ...members], profile: winner }),
  )
}

export async function markOverridesWritten({ db }: Session, merges: readonly number[]): Promise<void> {
  if (merges.length === 0) return
  await sql`update tenon.merges set override_written = true where id = any(${[...merges]}::bigint[]) and not override_written`.execute(db)
}
