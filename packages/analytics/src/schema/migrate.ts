import { createHash } from 'node:crypto'
import type { Clock } from '@tenon/kernel/contracts'
import type { Engine } from '../engine/engine.ts'
import { interactive } from '../engine/limits.ts'
import { AnalyticsFailed, AnalyticsMigrationChanged, AnalyticsMigrationUnknown } from '../errors.ts'
import type { MigrationStep } from './steps.ts'
import { createTable, type Table, type Topology } from './table.ts'

export interface MigrationReport {
  readonly applied: readonly string[]
  readonly already: readonly string[]
}

/** A step that was applied, and the checksum that it had. */
export interface AppliedStep {
  readonly step: string
  readonly checksum: string
}

export const ledger: Table = Object.freeze({
  name: 'migrations',
  columns: [
    ['step', 'String'],
    ['checksum', 'String'],
    ['applied_at', "DateTime64(3, 'UTC')"],
  ],
  replacing: 'applied_at',
  orderBy: ['step'],
  settings: {},
  tokens: 1_000,
  placement: 'everywhere',
} as const)

/** Of the single-node form, so that it says the same about a server and about a cluster. */
export const checksum = (step: MigrationStep): string =>
  createHash('sha256')
    .update(step.statements({ kind: 'single' }).join(';\n'))
    .digest('hex')

/**
 * Applies the steps that are missing, in their order. The engine has no transactions over DDL: a step that was cut off is run
 * again as a whole, which its statements allow. Two processes may migrate at the same time.
 */
export async function migrate(
  engine: Engine,
  options: { readonly steps: readonly MigrationStep[]; readonly topology: Topology; readonly clock: Clock },
): Promise<MigrationReport> {
  for (const sql of createTable(ledger, options.topology)) await engine.command({ operation: 'create migrations', sql })
  const missing = await pending(engine, options.steps)
  for (const step of missing) {
    for (const sql of step.statements(options.topology)) await engine.command({ operation: `migration ${step.name}`, sql })
    await engine.command({
      operation: `record migration ${step.name}`,
      sql: 'INSERT INTO migrations SELECT {step:String}, {checksum:String}, fromUnixTimestamp64Milli({at:Int64})',
      params: { step: step.name, checksum: checksum(step), at: options.clock.now().getTime() },
    })
  }
  const applied = missing.map((step) => step.name)
  return Object.freeze({ applied, already: options.steps.map((step) => step.name).filter((name) => !applied.includes(name)) })
}

/** The steps that are not applied yet. Throws where the database and this build disagree about those that are. */
export async function pending(engine: Engine, steps: readonly MigrationStep[]): Promise<readonly MigrationStep[]> {
  const applied = await appliedSteps(engine).catch(withoutDatabase)
  const unknown = [...applied.keys()].filter((name) => !steps.some((step) => step.name === name))
  if (unknown.length > 0) throw AnalyticsMigrationUnknown.create({ steps: unknown.toSorted() })
  for (const step of steps) {
    const was = applied.get(step.name)
    const found = checksum(step)
    if (was !== undefined && was !== found) throw AnalyticsMigrationChanged.create({ step: step.name, applied: was, found })
  }
  return steps.filter((step) => !applied.has(step.name))
}

export async function appliedSteps(engine: Engine): Promise<ReadonlyMap<string, string>> {
  const applied = new Map<string, string>()
  const ask = { params: {}, limits: interactive, operation: 'the list of migrations' }
  const exists = engine.query({ ...ask, sql: "SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'migrations'" })
  for await (const tables of exists) {
    if (tables.length === 0) continue
    const pages = engine.query<{ step: string; checksum: string }>({ ...ask, sql: 'SELECT step, checksum FROM migrations FINAL' })
    for await (const page of pages) for (const row of page) applied.set(row.step, row.checksum)
  }
  return applied
}

const UNKNOWN_DATABASE = '81'

function withoutDatabase(error: unknown): ReadonlyMap<string, string> {
  if (AnalyticsFailed.is(error) && error.details.engineCode === UNKNOWN_DATABASE) return new Map()
  throw error
}
