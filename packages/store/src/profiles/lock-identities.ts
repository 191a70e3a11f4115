import { type RawBuilder, sql } from 'kysely'
import { type Scope, transactAgain } from '../database/session.ts'

/**
 * One decision about identities at a time in a workspace, until the end of the transaction: two workers that see the same new
 * person at once would otherwise make two. Whoever locks several workspaces does it in their order.
 */
export async function lockIdentities({ db, workspace }: Scope): Promise<void> {
  await sql`select pg_advisory_xact_lock(${keyOf(workspace)})`.execute(db)
}

/**
 * Runs in a transaction in which everybody stays who they are, beside others that do the same: the one that is open, or one of its own, which
 * is done again when Postgres goes away.
 */
export function holdingIdentities<T>(scope: Scope, run: (scope: Scope) => Promise<T>): Promise<T> {
  const held = () =>
    transactAgain(scope, async (inner) => {
      await sql`select pg_advisory_xact_lock_shared(${keyOf(inner.workspace)})`.execute(inner.db)
      return run(inner)
    })
  return scope.transactional ? held() : scope.waiters(held)
}

const keyOf = (workspace: string): RawBuilder<unknown> => sql`hashtextextended('identities', hashtextextended(${workspace}, 0))`
