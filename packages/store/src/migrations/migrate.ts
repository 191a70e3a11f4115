import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { MigrationBlocked, MigrationChanged, MigrationFailed, MigrationUnknown } from '../errors.ts'
import { buildIndex } from './build-index.ts'
import { DEFAULT_PATIENCE, type LockPatience, withPatience } from './lock-patience.ts'
import type { Db, MigrationStep, TransactionStep } from './migration-step.ts'

export interface MigrationReport {
  /** Names of the steps that were applied now. */
  readonly applied: readonly string[]
  /** How many had been applied before. */
  readonly before: number
}

/** The steps of one owner: Tenon itself, or an instance of a plugin. */
export interface MigrationPlan {
  /** As messages and the table of applied steps name the owner. */
  readonly scope: string
  readonly schema: string
  readonly steps: readonly MigrationStep[]
}

/**
 * Applies what is pending, each step in a transaction of its own, or an index while others write. One process at a time: the others wait
 * for an advisory lock and find everything done. Refuses when an applied step changed, or when the database knows more than this code.
 */
export function migrate(db: Db, plan: MigrationPlan, patience: LockPatience = DEFAULT_PATIENCE): Promise<MigrationReport> {
  return db.connection().execute(async (connection) => {
    await lockMigrations(connection)
    try {
      await sql`create schema if not exists tenon`.execute(connection)
      await sql`
        create table if not exists tenon.migrations (
          scope text not null, step text not null, checksum text not null, applied_at timestamptz not null default now(),
          primary key (scope, step)
        )`.execute(connection)
      await sql`create schema if not exists ${sql.id(plan.schema)}`.execute(connection)
      const waiting = pendingOf(plan, await appliedSteps(connection, plan.scope))
      for (const step of waiting) await apply({ db, connection, plan, patience }, step)
      return Object.freeze({ applied: Object.freeze(waiting.map(({ id }) => id)), before: plan.steps.length - waiting.length })
    } finally {
      await sql`select pg_advisory_unlock(${LOCK})`.execute(connection)
    }
  })
}

/** Asks again and again: a statement that waits is a transaction that the build of an index waits for, and that would never end. */
async function lockMigrations(connection: Db): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_lock(${LOCK}) as locked`.execute(connection)
    if (rows[0]?.locked) return
    await delay(LOCK_EVERY_MS)
  }
}

/** What `migrate` would apply; all of it where the database is empty. */
export async function pending(db: Db, plan: MigrationPlan): Promise<readonly string[]> {
  const { rows } = await sql<{ exists: boolean }>`select to_regclass('tenon.migrations') is not null as exists`.execute(db)
  const applied = rows[0]?.exists ? await appliedSteps(db, plan.scope) : new Map<string, string>()
  return pendingOf(plan, applied).map(({ id }) => id)
}

/** `tenon` in ASCII: one lock for all migrations of a database. */
const LOCK = 0x74656e6f6e
const LOCK_EVERY_MS = 100

async function appliedSteps(db: Db, scope: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ step: string; checksum: string }>`
    select step, checksum from tenon.migrations where scope = ${scope}`.execute(db)
  return new Map(rows.map(({ step, checksum }) => [step, checksum]))
}

function pendingOf({ scope, steps }: MigrationPlan, applied: ReadonlyMap<string, string>): readonly MigrationStep[] {
  const known = new Set(steps.map(({ id }) => id))
  const unknown = [...applied.keys()].filter((step) => !known.has(step)).sort()
  if (unknown.length > 0) throw MigrationUnknown.create({ scope, steps: unknown })
  for (const { id, checksum } of steps) {
    const before = applied.get(id)
    if (before !== undefined && before !== checksum) throw MigrationChanged.create({ scope, step: id, applied: before, now: checksum })
  }
  return steps.filter(({ id }) => !applied.has(id)).sort((left, right) => (left.id < right.id ? -1 : 1))
}

interface Applying {
  readonly db: Db
  readonly connection: Db
  readonly plan: MigrationPlan
  readonly patience: LockPatience
}

async function apply(applying: Applying, step: MigrationStep): Promise<void> {
  const { connection, plan } = applying
  try {
    if ('run' in step) return await applyWhole(applying, step)
    await buildIndex(connection, step.index)
    await note(connection, plan, step)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === MigrationBlocked.code) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw MigrationFailed.create({ scope: plan.scope, step: step.id, reason }, error)
  }
}

async function applyWhole({ db, connection, plan, patience }: Applying, step: TransactionStep): Promise<void> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(connection)
  await withPatience({ db, pid: rows[0]?.pid ?? 0, patience, scope: plan.scope, step: step.id }, () =>
    connection.transaction().execute(async (transaction) => {
      await sql`set local statement_timeout = 0`.execute(transaction)
      await sql`set local lock_timeout = ${sql.lit(patience.waitMs)}`.execute(transaction)
      await sql`set local search_path to ${sql.id(plan.schema)}`.execute(transaction)
      await step.run(transaction)
      await note(transaction, plan, step)
    }),
  )
}

async function note(db: Db, { scope }: MigrationPlan, { id, checksum }: MigrationStep): Promise<void> {
  await sql`insert into tenon.migrations (scope, step, checksum) values (${scope}, ${id}, ${checksum})`.execute(db)
}
