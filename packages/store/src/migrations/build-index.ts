import { sql } from 'kysely'
import type { Db, IndexStep } from './migration-step.ts'

/**
 * Builds an index while others write. It waits for transactions that began before, such as a backup, for as long as they take: meanwhile
 * it keeps nobody out. A build that breaks off leaves an index that is not valid, which is replaced; one that was built is left as it is.
 */
export async function buildIndex(connection: Db, { schema, name, on }: IndexStep['index']): Promise<void> {
  const index = sql.id(schema, name)
  await sql`set statement_timeout = 0`.execute(connection)
  try {
    const { rows } = await sql<{ valid: boolean }>`
      select indisvalid as valid from pg_index where indexrelid = to_regclass(quote_ident(${schema}) || '.' || quote_ident(${name}))`.execute(
      connection,
    )
    if (rows[0]?.valid === false) await sql`drop index concurrently if exists ${index}`.execute(connection)
    await sql`create index concurrently if not exists ${sql.id(name)} on ${sql.raw(on)}`.execute(connection)
  } finally {
    // A connection that is gone has nothing to put back.
    await sql`reset statement_timeout`.execute(connection).catch(() => undefined)
  }
}
