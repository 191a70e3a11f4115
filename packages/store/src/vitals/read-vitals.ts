import { sql } from 'kysely'
import { again, type Session } from '../database/session.ts'
import { readStatements, type StatementVitals } from './read-statements.ts'
import { secondsSince } from './seconds-since.ts'

/** What a doctor asks Postgres. */
export interface StoreVitals extends StatementVitals {
  readonly version: string
  /** The clock of Postgres. */
  readonly now: Date
  readonly connections: { readonly used: number; readonly max: number }
  /** Of every transaction of this database, seconds; 0 where there is none. */
  readonly longestTransactionS: number
  /** Statements that wait for a lock, and for how many seconds the first of them has. */
  readonly waiting: { readonly statements: number; readonly longestS: number }
  /** Tables with more dead rows than a cleaner should leave, the worst first. */
  readonly bloated: readonly { readonly table: string; readonly live: number; readonly dead: number; readonly cleanedAt: Date | null }[]
  /** Jobs whose lease ran out and was not given back. */
  readonly abandonedJobs: readonly { readonly job: string; readonly overdueS: number }[]
}

/** `slowS`: from how many seconds on a statement is slow. */
export const readVitals = (session: Session, slowS: number): Promise<StoreVitals> =>
  again(session, async () => {
    const { db } = session
    const { rows: servers } = await sql<{
      version: string
      now: Date
      used: number
      max: number
      longest: number
      waiting: number
      waited: number
    }>`
      select current_setting('server_version') as version, clock_timestamp() as now,
        (select count(*) from pg_stat_activity where backend_type = 'client backend') as used,
        current_setting('max_connections')::int8 as max,
        (select ${secondsSince('min(xact_start)')} from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'tenon backup') as longest,
        (select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock') as waiting,
        (select ${secondsSince('min(state_change)')} from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock') as waited`.execute(
      db,
    )
    const [server] = servers
    if (server === undefined) throw new RangeError('a select without a table returned nothing')
    const { rows: bloated } = await sql<StoreVitals['bloated'][number]>`
      select relname as table, n_live_tup as live, n_dead_tup as dead,
        greatest(last_vacuum, last_autovacuum) as "cleanedAt" from pg_stat_user_tables
      where schemaname = 'tenon' and n_dead_tup > 50000 and n_dead_tup > n_live_tup order by n_dead_tup desc limit 5`.execute(db)
    const { rows: abandonedJobs } = await sql<StoreVitals['abandonedJobs'][number]>`
      select job, ${secondsSince('held_until')} as "overdueS" from tenon.leases where held_until < clock_timestamp() - interval '1 minute' order by job`.execute(
      db,
    )
    const { version, now, used, max, longest, waiting, waited } = server
    return Object.freeze({
      ...{ version, now, connections: { used, max }, longestTransactionS: longest },
      ...{ waiting: { statements: waiting, longestS: waited }, bloated, abandonedJobs },
      ...(await readStatements(db, slowS)),
    })
  })
