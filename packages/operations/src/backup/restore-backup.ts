import type { Analytics } from '@tenon/analytics'
import { type LogPiece, logOccupancy, restoreLog } from '@tenon/ingest'
import type { InstanceId, MigrationSet, PluginDatabase } from '@tenon/kernel'
import { BackupDiffers, type Store } from '@tenon/store'
import { RestoreNotEmpty } from '../errors.ts'
import type { BackupProgress } from './back-up.ts'
import { readFileOf } from './backup-folder.ts'
import type { Manifest } from './manifest.ts'
import { verifyBackup } from './verify-backup.ts'

export interface RestoreOptions {
  readonly folder: string
  readonly store: Store
  readonly analytics: Analytics
  /** Where the event log is to be. */
  readonly logFolder: string
  /** Migrations of the plugins of the edition, by instance. */
  readonly plugins: ReadonlyMap<InstanceId, MigrationSet<PluginDatabase>>
  readonly onProgress?: (progress: BackupProgress) => void
}

/**
 * Brings a backup back into empty stores and brings them up to this version. Postgres says from the first step to the last that it is
 * unfinished, and nothing starts on it: an interrupted restore never looks like a whole one, and is begun anew by doing it again.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Manifest> {
  const { folder, store, analytics, logFolder, plugins, onProgress } = options
  onProgress?.({ what: 'checksums' })
  const manifest = await verifyBackup(folder)
  const { id, postgres, clickhouse, log } = manifest
  analytics.backups.checkMigrations(clickhouse.migrations)
  await refuseOccupied(options, manifest)

  onProgress?.({ what: 'postgres', rows: postgres.tables.reduce((sum, { expected }) => sum + expected.rows, 0) })
  const tables = postgres.tables.map((table) => ({ ...table, rows: () => readFileOf(folder, table.file) }))
  await store.backups.restore(id, { ...postgres, tables }, plugins)
  await restoreAnalytics(options, clickhouse)
  if (log !== undefined) {
    onProgress?.({ what: 'event log' })
    await restoreLog(logFolder, { id: log.id, pieces: () => piecesOf(folder, log.files) })
  }
  await store.backups.finishRestore(id)

  await store.migrate()
  await analytics.migrate()
  return manifest
}

async function refuseOccupied({ store, analytics, logFolder }: RestoreOptions, { log }: Manifest): Promise<void> {
  const occupancy = await store.backups.occupancy()
  if (occupancy.kind === 'occupied') throw RestoreNotEmpty.create({ what: 'the database in Postgres' })
  const isAgain = occupancy.kind === 'unfinished'
  if (!isAgain && !(await analytics.backups.isEmpty())) throw RestoreNotEmpty.create({ what: 'the database in ClickHouse' })
  const found = log === undefined ? 'empty' : await logOccupancy(logFolder, log.id)
  if (found === 'other' || (found === 'same' && !isAgain)) throw RestoreNotEmpty.create({ what: `the event log in ${logFolder}` })
}

async function restoreAnalytics(
  { folder, analytics, onProgress }: RestoreOptions,
  { migrations, tables }: Manifest['clickhouse'],
): Promise<void> {
  await analytics.backups.clear()
  await analytics.migrate({ through: migrations.map(({ step }) => step) })
  for (const table of tables) {
    onProgress?.({ what: `clickhouse ${table.name}`, rows: table.rows })
    for (const file of table.files) {
      // The token names the content: the engine stores it once, however often it is sent.
      await analytics.backups.load({ table, token: `restore/${file.path}/${file.sha256}`, rows: () => readFileOf(folder, file) })
    }
    const found = await analytics.backups.digest(table, 'all')
    if (table.expected === undefined || found === undefined) continue
    if (found.rows !== table.expected.rows || found.digest !== table.expected.digest)
      throw BackupDiffers.create({ table: table.name, expected: table.expected.rows, found: found.rows })
  }
}

async function* piecesOf(folder: string, files: NonNullable<Manifest['log']>['files']): AsyncGenerator<LogPiece> {
  for (const { base, ...file } of files) {
    const bytes: Buffer[] = []
    for await (const piece of readFileOf(folder, file)) bytes.push(piece)
    yield { base, bytes: Buffer.concat(bytes) }
  }
}
