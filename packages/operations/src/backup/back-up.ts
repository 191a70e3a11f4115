import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Analytics, AnalyticsTable, Horizon } from '@tenon/analytics'
import { turnMarks } from '@tenon/audience'
import { copyLog, type LogHold } from '@tenon/ingest'
import type { Clock } from '@tenon/kernel/contracts'
import type { Store, StoreSnapshot } from '@tenon/store'
import { BackupRunning, BackupUnsteady } from '../errors.ts'
import { type BackupWriter, createBackup } from './backup-folder.ts'
import { lineParts } from './line-parts.ts'
import type { Manifest } from './manifest.ts'

export interface BackupProgress {
  /** What is copied now: a table, or the log. */
  readonly what: string
  readonly rows?: number
}

export interface BackupOptions {
  readonly store: Store
  readonly analytics: Analytics
  /** The log that this process writes, or that nobody writes now; absent where there is none. */
  readonly holdLog: () => LogHold | undefined
  /** New, or empty. */
  readonly folder: string
  readonly clock: Clock
  /** Of Tenon. */
  readonly version: string
  readonly onProgress?: (progress: BackupProgress) => void
}

const PART_BYTES = 32 * 1024 * 1024
const TRIES = 3
const WAIT_MS = 1_000
/** Squashing takes a while, and comes once in an hour. */
const PATIENCE = 120

/**
 * Copies everything while the system runs. Postgres gives the instant; of the engine only what Postgres knew at that instant is
 * copied, and the log from where Postgres had stored it. So the copy is the state of one instant, with all that was acknowledged
 * until then and not stored yet still before it.
 */
export async function backUp(options: BackupOptions): Promise<Manifest> {
  const { store, folder } = options
  const writer = await createBackup(folder)
  return alone(store, 'backup', 1, () =>
    // Rewrites rows that an unmerge after a restore would want as they were.
    alone(store, 'identity.squash', PATIENCE, () => copyAll(options, writer)),
  )
}

async function alone<T>(store: Store, job: string, patience: number, run: () => Promise<T>): Promise<T> {
  for (let waited = 1; ; waited++) {
    const outcome = await store.jobs.lease({ job, ttlMs: 60_000, run: async () => run() })
    if (outcome.ran) return outcome.result
    if (waited >= patience) throw BackupRunning.create({ job })
    await pause(WAIT_MS)
  }
}

async function copyAll(options: BackupOptions, writer: BackupWriter): Promise<Manifest> {
  const { store, analytics, clock, version } = options
  const startedAt = clock.now().toISOString()
  // Before the instant: what is stored right after it would be gone from the log.
  const hold = options.holdLog()
  let isHeld = true
  const drop = async () => {
    if (isHeld) await hold?.drop()
    isHeld = false
  }
  try {
    return await store.backups.snapshot(async (snapshot) => {
      const instant = clock.now().toISOString()
      const { lastBatch, openBatches, lastEntry } = snapshot
      const horizon: Horizon = { lastBatch, openBatches, lastEntry, turns: await turnMarks(snapshot) }
      const log = hold === undefined ? undefined : await copyHeld(hold, snapshot, options, writer)
      // The log goes on while the tables are copied, which may take hours.
      await drop()
      const clickhouse = await copyAnalytics(analytics, horizon, options, writer)
      const postgres = await copyStore(snapshot, options, writer)
      const own = hold === undefined ? undefined : `log:${hold.id}`
      const manifest: Manifest = {
        ...{ id: randomUUID(), version, startedAt, instant, finishedAt: clock.now().toISOString(), postgres, clickhouse },
        ...(log === undefined ? {} : { log }),
        openElsewhere: snapshot.streams.flatMap(({ stream, position, openTo }) => (openTo > position && stream !== own ? [stream] : [])),
      }
      await writer.finish(manifest)
      return manifest
    })
  } finally {
    await drop()
  }
}

async function copyHeld(
  hold: LogHold,
  { streams }: StoreSnapshot,
  { onProgress }: BackupOptions,
  writer: BackupWriter,
): Promise<NonNullable<Manifest['log']>> {
  onProgress?.({ what: 'event log' })
  const from = streams.find(({ stream }) => stream === `log:${hold.id}`)?.position ?? 0
  const until = Math.max(from, hold.end())
  const files: NonNullable<Manifest['log']>['files'] = []
  for await (const { base, bytes } of copyLog(hold, from, until)) {
    const file = await writer.write(`log/${String(base).padStart(16, '0')}.zst`, one(bytes))
    files.push({ ...file, base })
  }
  return { id: hold.id, from, until, files }
}

async function copyStore(snapshot: StoreSnapshot, { onProgress }: BackupOptions, writer: BackupWriter): Promise<Manifest['postgres']> {
  const tables: Manifest['postgres']['tables'] = []
  for (const table of snapshot.tables) {
    const expected = await snapshot.digest(table)
    onProgress?.({ what: `postgres ${table.schema}.${table.name}`, rows: expected.rows })
    const path = `postgres/${encodeURIComponent(`${table.schema}.${table.name}`)}.zst`
    const { schema, name, columns } = table
    tables.push({ schema, name, columns: [...columns], expected, file: await writer.write(path, snapshot.rows(table)) })
  }
  return { migrations: [...snapshot.migrations], sequences: [...(await snapshot.sequences())], tables }
}

async function copyAnalytics(
  { backups }: Analytics,
  horizon: Horizon,
  { onProgress }: BackupOptions,
  writer: BackupWriter,
): Promise<Manifest['clickhouse']> {
  const tables: Manifest['clickhouse']['tables'] = []
  for (const table of await backups.tables()) {
    const copied = await copySteadily(backups, table, horizon, writer)
    onProgress?.({ what: `clickhouse ${table.name}`, rows: copied.rows })
    tables.push(copied)
  }
  return { migrations: [...(await backups.migrations())], tables }
}

/** Copied and counted: what is removed in between is copied again. */
async function copySteadily(
  backups: Analytics['backups'],
  table: AnalyticsTable,
  horizon: Horizon,
  writer: BackupWriter,
): Promise<Manifest['clickhouse']['tables'][number]> {
  const { name, columns } = table
  for (let attempt = 1; ; attempt++) {
    const { rows, files } = await copyTable(backups, table, horizon, writer)
    const expected = await backups.digest(table, horizon)
    if (expected === undefined) return { name, columns: [...columns], rows, files }
    if (expected.rows === rows) return { name, columns: [...columns], rows, expected, files }
    if (attempt === TRIES) throw BackupUnsteady.create({ table: name, copied: rows, counted: expected.rows })
    for (const file of files) await writer.remove(file)
  }
}

async function copyTable(
  backups: Analytics['backups'],
  table: AnalyticsTable,
  horizon: Horizon,
  writer: BackupWriter,
): Promise<Pick<Manifest['clickhouse']['tables'][number], 'rows' | 'files'>> {
  const files: Manifest['clickhouse']['tables'][number]['files'] = []
  let rows = 0
  for (const partition of table.partitions) {
    for await (const part of lineParts(backups.rows(table, partition, horizon), PART_BYTES)) {
      const path = `clickhouse/${table.name}.${partition}.${String(files.length + 1).padStart(6, '0')}.zst`
      files.push(await writer.write(path, one(part.bytes)))
      rows += part.rows
    }
  }
  return { rows, files }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
