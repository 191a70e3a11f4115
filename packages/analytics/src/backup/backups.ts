import { errorCode } from '@tenon/kernel'
import type { Logger } from '@tenon/kernel/contracts'
import type { Engine } from '../engine/engine.ts'
import { batch, type Limits } from '../engine/limits.ts'
import { AnalyticsBackupNewer } from '../errors.ts'
import { type AppliedStep, appliedSteps, checksum, ledger } from '../schema/migrate.ts'
import type { MigrationStep } from '../schema/steps.ts'
import { onCluster, type Topology } from '../schema/table.ts'
import { personColumn } from '../schema/tables.ts'
import { marked } from './backup-mark.ts'
import { dropTable, freezeTable, thawTables } from './frozen-tables.ts'
import { cutParams, cuts, type Horizon } from './horizon.ts'

export interface AnalyticsTable {
  readonly name: string
  /** What is read for it: the table, or what was frozen of it. */
  readonly source: string
  readonly columns: readonly string[]
  /** Pieces that are read and written one by one: an insert of the engine goes into few partitions at a time. */
  readonly partitions: readonly string[]
}

export interface AnalyticsDigest {
  readonly rows: number
  readonly digest: string
}

export interface AnalyticsBackups {
  migrations(): Promise<readonly AppliedStep[]>
  /** Throws where steps are not known here. */
  checkMigrations(applied: readonly AppliedStep[]): void
  tables(): Promise<readonly AnalyticsTable[]>
  /**
   * Lends the tables as they are now: whatever is rewritten or removed meanwhile, they are read the same, as often as one likes. Of a
   * cluster it lends the tables themselves (`source` is their name): who copies them looks whether they stayed as they were.
   */
  freeze<T>(run: (tables: readonly AnalyticsTable[]) => Promise<T>): Promise<T>
  /** What a table holds up to the horizon; undefined where that is not the same at every moment. */
  digest(
    table: Pick<AnalyticsTable, 'name' | 'columns'> & { readonly source?: string },
    horizon: Horizon | 'all',
    signal?: AbortSignal,
  ): Promise<AnalyticsDigest | undefined>
  /** Tab-separated rows of one partition up to the horizon. */
  rows(table: AnalyticsTable, partition: string, horizon: Horizon, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** Whether tables of ours hold anything. Makes the database where it is missing. */
  isEmpty(): Promise<boolean>
  /** Removes every table of ours. Makes the database where it is missing. */
  clear(): Promise<void>
  /** Stores the rows once for the token. */
  load(request: {
    readonly table: Pick<AnalyticsTable, 'name' | 'columns'>
    readonly token: string
    rows(): AsyncIterable<Uint8Array>
  }): Promise<void>
}

/** Nobody waits, and there may be a lot of it. */
const LIMITS: Limits = Object.freeze({ ...batch, seconds: 6 * 3600, resultRows: 1_000_000_000_000 })

export function openBackups(
  engine: Engine,
  options: {
    readonly topology: Topology
    readonly steps: readonly MigrationStep[]
    readonly logger?: Logger | undefined
    createDatabase(): Promise<void>
  },
): AnalyticsBackups {
  const { topology, steps, logger, createDatabase } = options
  const names = Object.keys(cuts)

  async function ask<Row>(
    operation: string,
    sql: string,
    { params = {}, signal }: Partial<Pick<Parameters<Engine['query']>[0], 'params' | 'signal'>> = {},
  ): Promise<readonly Row[]> {
    const all: Row[] = []
    for await (const page of engine.query<Row>({ operation, sql: marked(sql), params, limits: LIMITS, signal })) all.push(...page)
    return all
  }

  /** Columns that the engine computes by itself are not part of a copy. */
  const columnsOf = async (table: string): Promise<readonly string[]> => {
    const rows = await ask<{ name: string }>(
      'columns of a table',
      `SELECT name FROM system.columns
WHERE database = currentDatabase() AND table = {table:String} AND default_kind NOT IN ('MATERIALIZED', 'ALIAS', 'EPHEMERAL')
ORDER BY position`,
      { params: { table } },
    )
    return rows.map(({ name }) => name)
  }

  const existing = async (): Promise<readonly string[]> => {
    const sql = 'SELECT name FROM system.tables WHERE database = currentDatabase() AND name IN {names:Array(String)} ORDER BY name'
    return (await ask<{ name: string }>('tables of a backup', sql, { params: { names } })).map(({ name }) => name)
  }

  const tables = async (): Promise<readonly AnalyticsTable[]> => {
    const found: AnalyticsTable[] = []
    for (const name of await existing()) {
      const partitions = await ask<{ id: string }>('partitions of a table', `SELECT DISTINCT _partition_id AS id FROM ${name} ORDER BY id`)
      found.push({ name, source: name, columns: await columnsOf(name), partitions: partitions.map(({ id }) => id) })
    }
    return found
  }

  return Object.freeze({
    migrations: async () => [...(await appliedSteps(engine))].map(([step, sum]) => ({ step, checksum: sum })).sort(byStep),

    checkMigrations(applied) {
      const strange = applied.filter(({ step, checksum: sum }) => !steps.some((own) => own.name === step && checksum(own) === sum))
      if (strange.length > 0) throw AnalyticsBackupNewer.create({ steps: strange.map(({ step }) => step) })
    },

    tables,

    async freeze(run) {
      if (topology.kind === 'cluster') return run(await tables())
      try {
        const frozen: AnalyticsTable[] = []
        for (const table of await tables()) frozen.push({ ...table, source: await freezeTable(engine, table.name, table.partitions) })
        return await run(frozen)
      } finally {
        // What can not be let go now, the next copy lets go; it must not hide why this one failed.
        await thawTables(engine, names).catch((error: unknown) =>
          logger?.warn('what a backup has frozen was not let go', { code: errorCode(error) ?? 'unknown' }),
        )
      }
    },

    async digest({ name, columns, source = name }, horizon, signal) {
      const cut = cuts[name]
      if (cut?.isStable !== true) return undefined
      // Whose a row is may be written anew in place meanwhile, and means the same before and after.
      const told = columns.filter((column) => column !== personColumn[0])
      const where = horizon === 'all' ? '1' : cut.where
      const [row] = await ask<{ rows: number; digest: string }>(
        `digest of ${name}`,
        `SELECT count() AS rows, toString(sum(cityHash64(${told.join(', ')}))) AS digest FROM ${source} WHERE ${where}`,
        { params: horizon === 'all' ? {} : cutParams(horizon), signal },
      )
      return row
    },

    rows({ name, columns, source }, partition, horizon, signal) {
      const sql = `SELECT ${columns.join(', ')} FROM ${source}\nWHERE _partition_id = {partition:String} AND ${cuts[name]?.where ?? '0'}`
      return engine.lines({
        operation: `a copy of ${name}`,
        sql: marked(sql),
        params: { ...cutParams(horizon), partition },
        limits: LIMITS,
        signal,
      })
    },

    async isEmpty() {
      await createDatabase()
      for (const name of await existing()) if ((await ask('rows of a table', `SELECT 1 FROM ${name} LIMIT 1`)).length > 0) return false
      return true
    },

    async clear() {
      await createDatabase()
      await thawTables(engine, names)
      for (const name of [...names, ...names.map((each) => `${each}_local`), ledger.name])
        await engine.command({ operation: `drop ${name}`, sql: dropTable(name, onCluster(topology)) })
    },

    async load({ table, token, rows }) {
      await engine.insert({ table: table.name, columns: table.columns, body: rows, token })
    },
  } satisfies AnalyticsBackups)
}

const byStep = (left: AppliedStep, right: AppliedStep): number => (left.step < right.step ? -1 : 1)
