import type { InstanceId, MigrationSet, PluginDatabase } from '@tenon/kernel'
import type { Json } from '@tenon/kernel/contracts'

/** A table by its schema and name, with the columns that a copy of it holds, in their order. */
export interface CopiedTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly string[]
}

/** What a table holds, whatever the order of its rows: equal tables have equal digests. */
export interface TableDigest {
  readonly rows: number
  readonly digest: string
}

export interface AppliedStep {
  readonly scope: string
  readonly step: string
  readonly checksum: string
}

export interface SequenceValue {
  readonly schema: string
  readonly name: string
  /** The last value that may have been given away. */
  readonly last: number
}

/** A stream at the instant of a snapshot. */
export interface StreamMark {
  readonly stream: string
  /** Everything before it is in closed batches. */
  readonly position: number
  /** The end of the last batch that was opened. */
  readonly openTo: number
}

/**
 * Everything in Postgres at one instant, at which nobody was opening or closing a batch and nobody was changing who is who. So
 * every batch up to `lastBatch` is closed at that instant, or one of `openBatches`, or was never written.
 */
export interface StoreSnapshot {
  readonly migrations: readonly AppliedStep[]
  readonly tables: readonly CopiedTable[]
  readonly lastBatch: number
  readonly openBatches: readonly number[]
  /** The last number of the ledger of merges and unmerges. */
  readonly lastEntry: number
  readonly streams: readonly StreamMark[]
  /** A key of all workspaces that have it. */
  keyValues(key: string): Promise<ReadonlyMap<string, Json>>
  digest(table: CopiedTable): Promise<TableDigest>
  /** The rows in the text form of COPY, in pieces of any length. */
  rows(table: CopiedTable): AsyncIterable<Uint8Array>
  /** How far the sequences are now: not before the instant. */
  sequences(): Promise<readonly SequenceValue[]>
}

export type StoreOccupancy =
  | { readonly kind: 'empty' }
  /** A restore of this name was begun here and did not come to its end. */
  | { readonly kind: 'unfinished'; readonly restore: string }
  | { readonly kind: 'occupied' }

export interface StoreContent {
  readonly migrations: readonly AppliedStep[]
  readonly tables: readonly (CopiedTable & { readonly expected: TableDigest; rows(): AsyncIterable<Uint8Array> })[]
  readonly sequences: readonly SequenceValue[]
}

/** A backup that was made. */
export interface BackupRecord {
  readonly id: string
  readonly instant: Date
  readonly finishedAt: Date
  readonly rows: number
  readonly bytes: number
}

export interface Backups {
  /**
   * One instant, for as long as `run` takes. Holds ingest up for a moment at the beginning, and no longer. When the signal fires, the
   * server ends what is read, and the promise rejects.
   */
  snapshot<T>(run: (snapshot: StoreSnapshot) => Promise<T>, options?: { readonly signal?: AbortSignal }): Promise<T>
  /** Writes down that one was made. */
  record(backup: BackupRecord): Promise<void>
  occupancy(): Promise<StoreOccupancy>
  /**
   * Fills an empty database, or one that an earlier try left unfinished. Until `finishRestore` the database refuses to be used.
   * `plugins` are the migrations of instances whose schemas the content has.
   */
  restore(restore: string, content: StoreContent, plugins: ReadonlyMap<InstanceId, MigrationSet<PluginDatabase>>): Promise<void>
  finishRestore(restore: string): Promise<void>
}
