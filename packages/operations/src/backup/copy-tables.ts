import type { AnalyticsBackups, AnalyticsTable, Horizon } from '@tenon/analytics'
import type { StoreSnapshot } from '@tenon/store'
import { BackupUnsteady } from '../errors.ts'
import type { BackupWriter } from './backup-folder.ts'
import { lineParts } from './line-parts.ts'
import type { Manifest } from './manifest.ts'

export interface BackupProgress {
  /** What is copied now: a table, or the log. */
  readonly what: string
  readonly rows?: number
}

/** Where a copy goes, who hears of it, and until when it is wanted. */
export interface Copying {
  readonly writer: BackupWriter
  readonly signal: AbortSignal
  readonly onProgress?: (progress: BackupProgress) => void
}

type CopiedAnalytics = Manifest['clickhouse']['tables'][number]

const PART_BYTES = 32 * 1024 * 1024
const TRIES = 3

export async function copyStore(snapshot: StoreSnapshot, { writer, signal, onProgress }: Copying): Promise<Manifest['postgres']> {
  const tables: Manifest['postgres']['tables'] = []
  for (const table of snapshot.tables) {
    signal.throwIfAborted()
    const expected = await snapshot.digest(table)
    onProgress?.({ what: `postgres ${table.schema}.${table.name}`, rows: expected.rows })
    const path = `postgres/${encodeURIComponent(`${table.schema}.${table.name}`)}.zst`
    const { schema, name, columns } = table
    tables.push({ schema, name, columns: [...columns], expected, file: await writer.write(path, snapshot.rows(table)) })
  }
  return { migrations: [...snapshot.migrations], sequences: [...(await snapshot.sequences())], tables }
}

/** Of tables that were frozen, or that are looked at before and after. */
export async function copyAnalytics(
  backups: AnalyticsBackups,
  tables: readonly AnalyticsTable[],
  horizon: Horizon,
  copying: Copying,
): Promise<Manifest['clickhouse']> {
  const copies: CopiedAnalytics[] = []
  for (const table of tables) {
    const copied = await copySteadily(backups, table, horizon, copying)
    copying.onProgress?.({ what: `clickhouse ${table.name}`, rows: copied.rows })
    copies.push(copied)
  }
  return { migrations: [...(await backups.migrations())], tables: copies }
}

/**
 * What was copied is what a restore will find: a table that is not frozen has the same digest before and after, and as many rows as
 * came. Else it is copied again.
 */
async function copySteadily(
  backups: AnalyticsBackups,
  table: AnalyticsTable,
  horizon: Horizon,
  copying: Copying,
): Promise<CopiedAnalytics> {
  const { name, columns } = table
  const { signal, writer } = copying
  for (let attempt = 1; ; attempt++) {
    const expected = await backups.digest(table, horizon, signal)
    const { rows, files } = await copyTable(backups, table, horizon, copying)
    if (expected === undefined) return { name, columns: [...columns], rows, files }
    const after = table.source === name ? await backups.digest(table, horizon, signal) : expected
    if (expected.rows === rows && expected.digest === after?.digest) return { name, columns: [...columns], rows, expected, files }
    if (attempt === TRIES) throw BackupUnsteady.create({ table: name, copied: rows, counted: after?.rows ?? 0 })
    for (const file of files) await writer.remove(file)
  }
}

async function copyTable(
  backups: AnalyticsBackups,
  table: AnalyticsTable,
  horizon: Horizon,
  { writer, signal }: Copying,
): Promise<Pick<CopiedAnalytics, 'rows' | 'files'>> {
  const files: CopiedAnalytics['files'] = []
  let rows = 0
  for (const partition of table.partitions) {
    for await (const part of lineParts(backups.rows(table, partition, horizon, signal), PART_BYTES)) {
      const path = `clickhouse/${table.name}.${partition}.${String(files.length + 1).padStart(6, '0')}.zst`
      files.push(await writer.write(path, [part.bytes]))
      rows += part.rows
    }
  }
  return { rows, files }
}
