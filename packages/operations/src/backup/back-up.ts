import { randomUUID } from 'node:crypto'
import type { Analytics, Horizon } from '@tenon/analytics'
import { turnMarks } from '@tenon/audience'
import type { Clock } from '@tenon/kernel/contracts'
import type { BackupRecord, Store, StoreSnapshot } from '@tenon/store'
import { BackupAbandoned } from '../errors.ts'
import { alone } from './alone.ts'
import { createBackup } from './backup-folder.ts'
import { type BackupLogs, holdLogs } from './copy-logs.ts'
import { type BackupProgress, type Copying, copyAnalytics, copyStore } from './copy-tables.ts'
import { filesOf, type Manifest } from './manifest.ts'

export interface BackupOptions extends BackupLogs {
  readonly store: Store
  readonly analytics: Analytics
  /** New, or empty. */
  readonly folder: string
  readonly clock: Clock
  /** Of Tenon. */
  readonly version: string
  readonly onProgress?: (progress: BackupProgress) => void
  /** When it fires nobody wants the backup any more: what servers do for it ends, and there is none. */
  readonly signal?: AbortSignal
  /** For how long the right to be the only one outlives this process; a minute where absent. */
  readonly leaseMs?: number
}

const LEASE_MS = 60_000
/** Squashing takes a while, and comes once in an hour. Whoever was killed over a backup is forgotten sooner. */
const PATIENCE_S = 120

/**
 * Copies everything while the system runs. Postgres gives the instant; of the engine only what Postgres knew at that instant is
 * copied, and the log from where Postgres had stored it. So the copy is the state of one instant, with all that was acknowledged
 * until then and not stored yet still before it.
 */
export async function backUp(options: BackupOptions): Promise<Manifest> {
  const { store, folder, leaseMs = LEASE_MS, signal = new AbortController().signal } = options
  try {
    signal.throwIfAborted()
    return await alone({ store, job: 'backup', patience: 1, leaseMs, signal }, async (own) => {
      const writer = await createBackup(folder, own)
      // Rewrites rows that an unmerge after a restore would want as they were.
      const job = { store, job: 'identity.squash', patience: PATIENCE_S, leaseMs, signal: own }
      return alone(job, (until) => copyAll(options, { writer, signal: until, ...progressOf(options) }, leaseMs))
    })
  } catch (cause) {
    if (signal.aborted) throw BackupAbandoned.create({ folder }, cause)
    throw cause
  }
}

const progressOf = ({ onProgress }: BackupOptions): Pick<Copying, 'onProgress'> => (onProgress === undefined ? {} : { onProgress })

async function copyAll(options: BackupOptions, copying: Copying, leaseMs: number): Promise<Manifest> {
  const { store, analytics, clock, version } = options
  const { writer, signal, onProgress } = copying
  const startedAt = clock.now().toISOString()
  const logs = await holdLogs(options, { store, patience: PATIENCE_S, leaseMs, signal })
  let isHeld = true
  const drop = async () => {
    if (!isHeld) return
    isHeld = false
    await logs.drop()
  }
  const copy = async (snapshot: StoreSnapshot): Promise<Manifest> => {
    const instant = clock.now().toISOString()
    const horizon = await horizonOf(snapshot)
    const { copied, clickhouse } = await analytics.backups.freeze(async (tables) => {
      onProgress?.({ what: 'event log' })
      const log = await logs.copy(snapshot, writer)
      // The log goes on while the tables are copied, which may take hours.
      await drop()
      return { copied: log, clickhouse: await copyAnalytics(analytics.backups, tables, horizon, copying) }
    })
    const postgres = await copyStore(snapshot, copying)
    const manifest: Manifest = {
      ...{ id: randomUUID(), version, startedAt, instant, finishedAt: clock.now().toISOString(), postgres, clickhouse, ...copied },
      openElsewhere: [...logs.openElsewhere(snapshot)],
    }
    signal.throwIfAborted()
    await writer.finish(manifest)
    // It is whole whether somebody can be told or not.
    await store.backups.record(recordOf(manifest)).catch(() => undefined)
    return manifest
  }
  try {
    return await store.backups.snapshot(copy, { signal })
  } finally {
    // A lease that was lost is told already, where it matters.
    await drop().catch(() => undefined)
  }
}

function recordOf(manifest: Manifest): BackupRecord {
  const { id, instant, finishedAt, postgres, clickhouse } = manifest
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
  return {
    ...{ id, instant: new Date(instant), finishedAt: new Date(finishedAt) },
    rows: sum(postgres.tables.map(({ expected }) => expected.rows)) + sum(clickhouse.tables.map(({ rows }) => rows)),
    bytes: sum(filesOf(manifest).map(({ bytes }) => bytes)),
  }
}

async function horizonOf(snapshot: StoreSnapshot): Promise<Horizon> {
  const { lastBatch, openBatches, lastEntry } = snapshot
  return { lastBatch, openBatches, lastEntry, turns: await turnMarks(snapshot) }
}
