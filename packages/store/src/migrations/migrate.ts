import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../database/tables.ts'
import { MigrationChanged, MigrationFailed, MigrationUnknown } from '../errors.ts'

export interface MigrationReport {
  /** Names of the steps that were applied now. */
  readonly applied: readonly string[]
  /** How many had been applied before. */
  readonly before: number
}

type Db = Kysely<Tables>

export interface MigrationStep {
  readonly id: string
  readonly checksum: string
  run(transaction: Db): Promise<void>
}

/** The steps of one owner: Tenon itself, or an instance of a plugin. */
export interface MigrationPlan {
  /** As messages and the table of applied steps name the owner. */
  readonly scope: string
  readonly schema: string
  readonly steps: readonly MigrationStep[]
}

export const sqlStep = (id: string, text: string): MigrationStep => ({
  id,
  checksum: sha256(text),
  async run(transaction) {
    await sql.raw(text).execute(transaction)
  },
})

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * Applies what is pending, each step in a transaction of its own. One process at a time: the others wait on an advisory
 * lock and find everything done. Refuses when an applied step changed, or when the database knows more than this code.
 */
export function migrate(db: Db, plan: MigrationPlan): Promise<MigrationReport> {
  return db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${LOCK})`.execute(connection)
    try {
      await sql`create schema if not exists tenon`.execute(connection)
      await sql`
        create table if not exists tenon.migrations (
          scope text not null, step text not null, checksum text not null, applied_at timestamptz not null default now(),
          primary key (scope, step)
        )`.execute(connection)
      await sql`create schema if not exists ${sql.id(plan.schema)}`.execute(connection)
      const waiting = pendingOf(plan, await appliedSteps(connection, plan.scope))
      for (const step of waiting) await apply(connection, plan, step)
      return Object.freeze({ applied: Object.freeze(waiting.map(({ id }) => id)), before: plan.steps.length - waiting.length })
    } finally {
      await sql`select pg_advisory_unlock(${LOCK})`.execute(connection)
    }
  })
}

/** What `migrate` would apply; all of it where the database is empty. */
export async function pending(db: Db, plan: MigrationPlan): Promise<readonly string[]> {
  const { rows } = await sql<{ exists: boolean }>`select to_regclass('tenon.migrations') is not null as exists`.execute(db)
  const applied = rows[0]?.exists ? await appliedSteps(db, plan.scope) : new Map<string, string>()
  return pendingOf(plan, applied).map(({ id }) => id)
}

/** `tenon` in ASCII: one lock for all migrations of a database. */
const LOCK = 0x74656e6f6e

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

async function apply(connection: Db, { scope, schema }: MigrationPlan, step: MigrationStep): Promise<void> {
  try {
    await connection.transaction().execute(async (transaction) => {
      await sql`set local statement_timeout = 0`.execute(transaction)
      await sql`set local search_path to ${sql.id(schema)}`.execute(transaction)
      await step.run(transaction)
      await sql`insert into tenon.migrations (scope, step, checksum) values (${scope}, ${step.id}, ${step.checksum})`.execute(transaction)
    })
  } catch (error) {
    throw MigrationFailed.create({ scope, step: step.id, reason: error instanceof Error ? error.message : String(error) }, error)
  }
}
