import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import { maskValues } from './mask-values.ts'

/** A connection of this database, without what it was told about anybody. */
export interface SeenStatement {
  readonly pid: number
  /** Who it says that it is; empty where it says nothing. */
  readonly application: string
  readonly since: Date
  /** With a mark in the place of every value. */
  readonly statement: string
}

export interface StatementVitals {
  /** Statements that have run for long and wait for no lock, the longest first. */
  readonly slow: readonly SeenStatement[]
  /** Statements that wait for a lock, and the connections that keep it, the first first. */
  readonly blocked: readonly (SeenStatement & {
    readonly by: readonly { readonly pid: number; readonly application: string; readonly state: string }[]
  })[]
  /** Transactions in which nothing happens. */
  readonly idle: readonly SeenStatement[]
  /** What takes long every time, where `pg_stat_statements` is installed; the time of the server first. */
  readonly heavy: readonly { readonly statement: string; readonly calls: number; readonly meanMs: number; readonly share: number }[]
}

const MOST = 5

/** Of a statement that is shown, and of what is read of it. */
const SHOWN = 160
const READ = sql`left(query, 4096)`

type Seen = { readonly statement: string }
const bare = <Row extends Seen>(rows: readonly Row[]): readonly Row[] =>
  rows.map((row) => ({ ...row, statement: maskValues(row.statement).slice(0, SHOWN) }))

/** A backup takes what it takes. */
const OTHERS = sql`datname = current_database() and pid <> pg_backend_pid() and application_name <> 'tenon backup' and backend_type = 'client backend'`

export async function readStatements(db: Session['db'], slowS: number): Promise<StatementVitals> {
  const { rows: slow } = await sql<SeenStatement>`
    select pid, application_name as application, query_start as since, ${READ} as statement from pg_stat_activity
    where ${OTHERS} and state = 'active' and wait_event_type is distinct from 'Lock'
      and query_start < clock_timestamp() - ${slowS} * interval '1 s' order by query_start limit ${MOST}`.execute(db)
  const { rows: blocked } = await sql<StatementVitals['blocked'][number]>`
    select pid, application_name as application, state_change as since, ${READ} as statement,
      (select coalesce(jsonb_agg(jsonb_build_object('pid', holder.pid, 'application', holder.application_name, 'state', coalesce(holder.state, ''))), '[]')
        from pg_stat_activity holder where holder.pid = any (pg_blocking_pids(waiting.pid))) as by
    from pg_stat_activity waiting where datname = current_database() and wait_event_type = 'Lock' order by state_change limit ${MOST}`.execute(
    db,
  )
  const { rows: idle } = await sql<SeenStatement>`
    select pid, application_name as application, state_change as since, ${READ} as statement from pg_stat_activity
    where ${OTHERS} and state like 'idle in transaction%'
      and state_change < clock_timestamp() - ${slowS} * interval '1 s' order by state_change limit ${MOST}`.execute(db)
  return { slow: bare(slow), blocked: bare(blocked), idle: bare(idle), heavy: bare(await readHeavy(db)) }
}

/** Nothing where the extension is not there, or may not be read. */
async function readHeavy(db: Session['db']): Promise<StatementVitals['heavy']> {
  const { rows: found } = await sql<{ schema: string }>`
    select quote_ident(nspname) as schema from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
    where extname = 'pg_stat_statements'`.execute(db)
  const [extension] = found
  if (extension === undefined) return []
  try {
    const { rows } = await sql<StatementVitals['heavy'][number]>`
      select ${READ} as statement, calls, mean_exec_time as "meanMs", total_exec_time / nullif(sum(total_exec_time) over (), 0) as share
      from ${sql.raw(extension.schema)}.pg_stat_statements
      where dbid = (select oid from pg_database where datname = current_database()) order by total_exec_time desc limit ${MOST}`.execute(db)
    return rows
  } catch {
    // Not loaded by the server, or another version of it.
    return []
  }
}
