import type { Json } from '@tenon/kernel/contracts'

export type ImportState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled'

/** How far an import came: everything before is in the log. */
export interface ImportPlace {
  /** The part of the source that is being read. */
  readonly piece: number
  /** Rows of it. */
  readonly rows: number
  /** Of a table: the key of the last of them. */
  readonly after?: string
}

/** A part of a source as it was at the start. */
export interface ImportPiece {
  readonly name: string
  readonly fingerprint: string
  readonly bytes?: number
}

export interface ImportCounts {
  readonly rows: number
  readonly accepted: number
  readonly failed: number
}

/**
 * What became of the rows behind the log, so far. Rows that were put into the log again, such as the last ones before a process died, are counted
 * again; a failed row that is replayed stays counted as failed.
 */
export interface ImportOutcomes {
  readonly stored: number
  /** Had been there: from an earlier import of the key, or of the same content within this one. */
  readonly duplicate: number
  readonly failed: number
  readonly dropped: number
}

export interface NewImport {
  readonly key: string
  /** As it was asked for; names of secrets, never secrets. */
  readonly source: Json
  readonly mapping: Json
  readonly maxFailures: number
}

export interface StoredImport extends NewImport {
  readonly id: string
  readonly state: ImportState
  readonly pieces?: readonly ImportPiece[]
  readonly place: ImportPlace
  readonly totalRows?: number
  readonly counts: ImportCounts
  /** Absent until the first row is read, and of imports that a process began which does not count. */
  readonly became?: ImportOutcomes
  readonly error?: { readonly code: string; readonly message: string }
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly finishedAt?: Date
}

export interface Imports {
  /** Undefined while another one of the key is under way. */
  create(request: NewImport): Promise<StoredImport | undefined>
  get(id: string): Promise<StoredImport | undefined>
  /** The newest first. */
  list(request: {
    readonly limit: number
    readonly before?: { readonly createdAt: Date; readonly id: string }
  }): Promise<readonly StoredImport[]>
  /** Queued or running, the oldest first. */
  unfinished(): Promise<readonly StoredImport[]>
  /** From now on it runs; what its source consists of is kept when it was not yet. Whether it may run. */
  begin(id: string, found: { readonly pieces: readonly ImportPiece[]; readonly totalRows?: number }): Promise<boolean>
  /** Notes how far it came. False when it does not run any more: somebody cancelled it. */
  advance(id: string, progress: { readonly place: ImportPlace; readonly counts: ImportCounts }): Promise<boolean>
  /** Ends one that runs; one that was cancelled stays so. */
  finish(
    id: string,
    outcome: { readonly state: 'done' } | { readonly state: 'failed'; readonly error: { readonly code: string; readonly message: string } },
  ): Promise<void>
  /** Whether it was under way. */
  cancel(id: string): Promise<boolean>
  /** Whether it had failed or was cancelled, and no other one of its key is under way; it goes on where it stopped. */
  resume(id: string): Promise<boolean>
}
