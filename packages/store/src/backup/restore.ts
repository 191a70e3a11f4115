import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { InstanceId, MigrationSet, PluginDatabase } from '@tenon/kernel'
import { sql } from 'kysely'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Session } from '../database/session.ts'
import { BackupDiffers, BackupNewer, BackupPluginMissing, RestoreUnfinished } from '../errors.ts'
import { type MigrationPlan, migrate } from '../migrations/migrate.ts'
import { pluginPlan } from '../migrations/plugin-database.ts'
import { ownPlan } from '../migrations/steps/index.ts'
import type { AppliedStep, SequenceValue, StoreContent, StoreOccupancy } from './backups.ts'
import { columnList, digestTable, tableName } from './copied-tables.ts'
import { onDirectConnection } from './direct-connection.ts'

/** The scope, in the table of applied steps, under which a restore is on record until it is through. */
const SCOPE = 'restore'

export async function readOccupancy(client: pg.ClientBase): Promise<StoreOccupancy> {
  const { rows } = await client.query<{ schema: boolean; migrations: boolean }>(
    `select to_regnamespace('tenon') is not null or exists (select from pg_namespace where nspname like 'plugin:%') as schema,
       to_regclass('tenon.migrations') is not null as migrations`,
  )
  if (rows[0]?.schema !== true) return { kind: 'empty' }
  if (rows[0].migrations) {
    const marks = await client.query<{ step: string }>('select step from tenon.migrations where scope = $1', [SCOPE])
    const [mark] = marks.rows
    if (mark !== undefined) return { kind: 'unfinished', restore: mark.step }
    // What a start leaves behind that never got as far as a workspace is nobody's.
    const used = await client.query<{ workspaces: boolean }>(`select to_regclass('tenon.workspaces') is not null as workspaces`)
    if (used.rows[0]?.workspaces !== true) return { kind: 'empty' }
    const any = await client.query('select from tenon.workspaces limit 1')
    if (any.rows.length === 0) return { kind: 'empty' }
  }
  return { kind: 'occupied' }
}

/** Throws where a restore was begun and did not come to its end. */
export async function refuseUnfinished({ db }: Session): Promise<void> {
  const { rows: found } = await sql<{ exists: boolean }>`select to_regclass('tenon.migrations') is not null as exists`.execute(db)
  if (found[0]?.exists !== true) return
  const { rows } = await sql<{ step: string }>`select step from tenon.migrations where scope = ${SCOPE}`.execute(db)
  if (rows[0] !== undefined) throw RestoreUnfinished.create({ restore: rows[0].step })
}

/** Throws before anything is changed where this code does not know how the content was made. */
export function plansOf(
  migrations: readonly AppliedStep[],
  plugins: ReadonlyMap<InstanceId, MigrationSet<PluginDatabase>>,
  session: Session,
): readonly MigrationPlan[] {
  const known = new Map(
    [ownPlan, ...[...plugins].map(([instance, set]) => pluginPlan(instance, set, session))].map((plan) => [plan.scope, plan]),
  )
  return [...Map.groupBy(migrations, ({ scope }) => scope)].map(([scope, applied]) => {
    const plan = known.get(scope)
    if (plan === undefined) throw BackupPluginMissing.create({ schema: scope })
    const strange = applied.filter(({ step, checksum }) => !plan.steps.some((own) => own.id === step && own.checksum === checksum))
    if (strange.length > 0) throw BackupNewer.create({ what: scope, steps: strange.map(({ step }) => step) })
    return { ...plan, steps: plan.steps.filter(({ id }) => applied.some(({ step }) => step === id)) }
  })
}

/** The mark is the first thing that is written and the last that goes. */
export async function restoreStore(
  { databaseUrl, session }: { readonly databaseUrl: string; readonly session: Session },
  restore: string,
  { migrations, tables, sequences }: StoreContent,
  plans: readonly MigrationPlan[],
): Promise<void> {
  await onDirectConnection(databaseUrl, async (client) => {
    await clear(client, restore, plans)
    for (const plan of plans) await migrate(session.db, plan)
    await client.query('begin')
    // What triggers counted and checked when the rows were written is in the rows; steps of plugins may have left rows of their own.
    for (const table of tables) await client.query(`alter table ${tableName(table)} disable trigger user`)
    if (tables.length > 0) await client.query(`truncate ${tables.map(tableName).join(', ')} cascade`)
    for (const table of tables) {
      const into = copyFrom(`copy ${tableName(table)} (${columnList(table)}) from stdin`)
      await pipeline(Readable.from(table.rows(), { objectMode: false }), client.query(into))
    }
    for (const table of tables) await client.query(`alter table ${tableName(table)} enable trigger user`)
    for (const sequence of sequences) await advance(client, sequence)
    for (const table of tables) {
      const found = await digestTable(client, table)
      const { expected } = table
      if (found.rows !== expected.rows || found.digest !== expected.digest)
        throw BackupDiffers.create({ table: tableName(table), expected: expected.rows, found: found.rows })
    }
    // Which of them the engine knows is not sure: it is told again, which changes nothing where it does. Merges whose rows were rewritten need none.
    if (migrations.some(({ step }) => step >= '0008')) {
      await client.query('update tenon.merges set override_written = false where squash < 3 and undone_by is null')
      await client.query('update tenon.unmerges set override_written = false')
    }
    await client.query('commit')
    await client.query('analyze')
  })
}

async function clear(client: pg.ClientBase, restore: string, plans: readonly MigrationPlan[]): Promise<void> {
  const schemas = await client.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname = 'tenon' or nspname like 'plugin:%'`,
  )
  await client.query('begin')
  for (const { name } of schemas.rows) await client.query(`drop schema "${name}" cascade`)
  await client.query('create schema tenon')
  await client.query(`create table tenon.migrations (
    scope text not null, step text not null, checksum text not null, applied_at timestamptz not null default now(), primary key (scope, step))`)
  await client.query(`insert into tenon.migrations (scope, step, checksum) values ($1, $2, '')`, [SCOPE, restore])
  for (const { schema } of plans) await client.query(`create schema if not exists "${schema}"`)
  await client.query('commit')
}

async function advance(client: pg.ClientBase, { schema, name, last }: SequenceValue): Promise<void> {
  if (last === 0) return
  await client.query('select setval(format($1, $2::text, $3::text)::regclass, $4)', ['%I.%I', schema, name, last])
}

export async function finishRestore(client: pg.ClientBase, restore: string): Promise<void> {
  const { rowCount } = await client.query('delete from tenon.migrations where scope = $1 and step = $2', [SCOPE, restore])
  if (rowCount !== 1) throw RestoreUnfinished.create({ restore })
}
