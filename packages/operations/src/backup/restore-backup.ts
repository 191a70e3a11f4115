import type { Analytics } from '@tenon/analytics'
import { decodeFrames, type LogPiece, logOccupancy, restoreLog, type SharedMessage, type StreamRestorer } from '@tenon/ingest'
import type { InstanceId, MigrationSet, PluginDatabase } from '@tenon/kernel'
import { BackupDiffers, type Store } from '@tenon/store'
import { RestoreNeedsNats, RestoreNotEmpty } from '../errors.ts'
import { readFileOf } from './backup-folder.ts'
import type { BackupProgress } from './copy-tables.ts'
import { type BackupFile, type Manifest, waitingStreams } from './manifest.ts'
import { verifyBackup } from './verify-backup.ts'

export interface RestoreOptions {
  readonly folder: string
  readonly store: Store
  readonly analytics: Analytics
  /** Where the event log is to be. */
  readonly logFolder: string
  /** Where the logs of a fleet are to be; absent where there is no NATS. */
  readonly streams?: StreamRestorer
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
  await restoreStreams(options, manifest)
  await store.backups.finishRestore(id)

  await store.migrate()
  await analytics.migrate()
  return manifest
}

async function refuseOccupied({ store, analytics, logFolder, streams }: RestoreOptions, manifest: Manifest): Promise<void> {
  const { id, log } = manifest
  const waiting = waitingStreams(manifest)
  if (waiting.length > 0 && streams === undefined) throw RestoreNeedsNats.create({ streams: waiting.map(({ name }) => name) })
  const occupancy = await store.backups.occupancy()
  if (occupancy.kind === 'occupied') throw RestoreNotEmpty.create({ what: 'the database in Postgres' })
  const isAgain = occupancy.kind === 'unfinished'
  if (!isAgain && !(await analytics.backups.isEmpty())) throw RestoreNotEmpty.create({ what: 'the database in ClickHouse' })
  const found = log === undefined ? 'empty' : await logOccupancy(logFolder, log.id)
  if (found === 'other' || (found === 'same' && !isAgain)) throw RestoreNotEmpty.create({ what: `the event log in ${logFolder}` })
  const [taken] = waiting.length === 0 ? [] : ((await streams?.occupied({ restore: id, isAgain }, waiting)) ?? [])
  if (taken !== undefined) throw RestoreNotEmpty.create({ what: `the stream ${taken} on NATS` })
}

/** With their own ids and positions, so that open batches are found in them. What was stored is not brought back: it is in the stores. */
async function restoreStreams({ folder, streams, onProgress }: RestoreOptions, manifest: Manifest): Promise<void> {
  for (const { files, ...stream } of waitingStreams(manifest)) {
    onProgress?.({ what: `event log ${stream.name}` })
    await streams?.restore(manifest.id, stream, messagesOf(folder, files))
  }
}

async function* messagesOf(folder: string, files: readonly BackupFile[]): AsyncGenerator<SharedMessage> {
  for (const file of files) yield* decodeFrames(readFileOf(folder, file))
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
