import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'

/**
 * One decision about identities at a time in a workspace, until the end of the transaction: two workers that see the same new
 * person at once would otherwise make two. Whoever locks several workspaces does it in their order.
 */
export async function lockIdentities({ db, workspace }: Scope): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('identities', hashtextextended(${workspace}, 0)))`.execute(db)
}
