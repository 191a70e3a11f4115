import type { ProfileId } from '@tenon/kernel/contracts'
import type { ImportOutcomes } from '../imports/imports.ts'
import type { WorkspaceStore } from '../workspace-store.ts'

/** How the source of an imported event begins. Its messages are not forgotten with the dedup window. */
export const IMPORT_SOURCE = 'import:'

/** The source of what events report, whatever their own is. Remembered for ever, like what an import brought. */
export const REPORT_SOURCE = 'reports:'

/** What makes two events the same event. */
export interface EventKey {
  readonly workspace: string
  readonly source: string
  readonly messageId: string
}

/** What an event claims once it is known that it is kept. */
export interface Claim {
  readonly key: EventKey
  /** The name of its place. */
  readonly place: string
  /** What is said of it where the key is another event's. */
  readonly otherwise: Ruling
}

/** What a station said of an event that goes no further. */
export interface Ruling {
  readonly stage: string
  readonly code: string
  readonly reason: string
  /** What the failed event may hold: all of it, or only what it was. */
  readonly keep: 'payload' | 'name'
  /** The event had passed when its batch was opened first: its message id is its own, and the engine may have it already. */
  readonly late?: true
  /** What the station writes beside the failed event: JSON, as it was when it ruled. */
  readonly details?: object
}

/** What was ruled about events of a batch while it was opened, by the names of their places. */
export type Rulings = Readonly<Record<string, Ruling>>

/** The transaction of an open batch. */
export interface IngestTransaction {
  in(workspace: string): WorkspaceStore
  /** Writes down what is ruled about events of the batch. What was ruled before stands. */
  rule(rulings: Rulings): Promise<void>
}

export interface OpenBatch {
  readonly batch: number
  readonly from: number
  readonly to: number
  readonly rulings: Rulings
}

export interface OpenBatchRequest<R> {
  readonly stream: string
  /** The position of the stream, the end of its last open batch, or the start of one that is open. */
  readonly from: number
  readonly to: number
  readonly events: readonly EventKey[]
  /** The rulings of a batch that is open already, as they were read. Absent where the batch is to be opened for the first time. */
  readonly standing?: Rulings
  /** What was ruled about its events since, and before they claim anything: written down together with what they claim. */
  readonly rulings?: Rulings
  /** Those of events that are not new and that `resolve` needs as well. */
  readonly workspaces?: readonly string[]
  /** May run again when the connection breaks: all it does must be in the transaction. */
  resolve(transaction: IngestTransaction, fresh: readonly number[]): Promise<R>
}

/** Which events of a batch are not stored, and why, by the names of their places: by consent in words, by another station as it ruled. */
export type BatchVerdict = Readonly<Record<string, string | Ruling>>

export interface OpenedBatch<R> {
  readonly batch: number
  /** When it was opened first. */
  readonly openedAt: Date
  /** Places in `events`, ascending. */
  readonly fresh: readonly number[]
  readonly result: R
  /** The batch was open already (a crash): its events count as fresh again. */
  readonly replayed: boolean
  /** All that was ruled about its events until now. */
  readonly rulings: Rulings
  /** What was judged before the crash. What is written twice must be judged once. */
  readonly verdict?: BatchVerdict
}

/** received = stored + duplicate + failed + dropped. A replay takes an event out of `failed`: then a number may be negative. */
export interface IngestCounts {
  readonly received: number
  readonly stored: number
  readonly duplicate: number
  /** What people can look at, repair and replay. */
  readonly failed: number
  /** What consent forbids, a transformation drops or another event has reported: nothing of what it said is kept. */
  readonly dropped: number
}

/** What became of the events of one replay that came with a batch. `failed` means once more. */
export interface ReplayOutcome extends Omit<IngestCounts, 'received'> {
  readonly workspace: string
  readonly replay: string
}

/** What became of the events of one import that came with a batch. */
export interface ImportOutcome extends ImportOutcomes {
  readonly workspace: string
  readonly importId: string
}

/** A stream as it stands at one moment. */
export interface StreamProgress {
  readonly stream: string
  /** The end of the last closed batch. */
  readonly position: number
  readonly counts: IngestCounts
}

export interface WorkerShare {
  /** The streams that the worker stores from now on, until it hands them back or is taken for dead. */
  readonly held: readonly string[]
  /** How many of them are its part among all who live: what it holds beyond that it should hand back. */
  readonly fair: number
}

/** What the analytics store must know after one entry of the ledger, a merge or an unmerge. */
export interface PendingOverride {
  /** Its number in the ledger. */
  readonly entry: number
  readonly workspace: string
  /** The ledger of the workspace up to this number is what `overrides` says: of all that is ever written, the greatest counts. */
  readonly version: number
  /** Whose the events of the profiles concerned are now. Of a restored person: its own. */
  readonly overrides: readonly { readonly old: ProfileId; readonly into: ProfileId }[]
}

/**
 * The bookkeeping of ingest over all workspaces. A batch is opened, judged, written to the analytics store and closed; after a
 * crash in between the same batch is opened again and sees the same fresh events and the same verdict. The next batches may be opened
 * meanwhile; they are closed in the order of the stream.
 */
export interface IngestStore {
  /**
   * In one transaction: takes the lock of opening batches of the stream, records the open batch, finds the events that were never seen
   * (of equal ones within the batch the first) and runs `resolve` for them. Identities of the workspaces of new events, and of those that are named, are locked.
   * A batch that does not continue its stream is an error, and so is one that is open under other rulings than its caller knows: what
   * was ruled when it was opened first decides which events claim their message ids.
   */
  openBatch<R>(request: OpenBatchRequest<R>): Promise<OpenedBatch<R>>
  /**
   * Keeps what was decided about the events of an open batch, and in the same transaction what those claim that are kept; of two with one key the
   * first. The first verdict stands, and is answered: somebody else may have judged.
   */
  judgeBatch(request: {
    readonly stream: string
    readonly batch: number
    readonly verdict: BatchVerdict
    readonly claims?: readonly Claim[]
  }): Promise<BatchVerdict>
  /** Moves the stream to the end of its oldest open batch and adds the counts, also those of replays and imports. Closing the batch that was closed last does nothing. */
  closeBatch(request: {
    readonly stream: string
    readonly batch: number
    readonly to: number
    readonly counts: IngestCounts
    readonly replays?: readonly ReplayOutcome[]
    readonly imports?: readonly ImportOutcome[]
  }): Promise<void>
  /** The end of the last closed batch, and what is open behind it, in order. */
  position(stream: string): Promise<{ readonly position: number; readonly openBatches: readonly OpenBatch[] }>
  /** How far streams are, each once; of one that nobody opened, its beginning. */
  progress(streams: readonly string[]): Promise<readonly StreamProgress[]>
  /**
   * Says that a worker lives, for `ttlMs` more, and gives it streams that nobody holds, up to its fair part. Who does not say so in
   * time holds nothing any more. Only a division of work: two who store the same stream at once still store it once.
   */
  share(request: { readonly worker: string; readonly streams: readonly string[]; readonly ttlMs: number }): Promise<WorkerShare>
  /** Gives streams back; all of them and its place among the workers, where none are named. */
  handBack(request: { readonly worker: string; readonly streams?: readonly string[] }): Promise<void>
  /** Of all streams together. */
  counters(): Promise<IngestCounts>
  /**
   * Ends the dedup window: forgets what was seen so many days ago, but for what imports brought and what events reported. How many. By whole
   * days in UTC: each is remembered for the window at the least, and up to a day longer.
   */
  forget(request: { readonly olderThanDays: number; readonly signal?: AbortSignal }): Promise<number>
  /** What was seen before this moment may be forgotten by now, whatever the window was then; undefined where nothing is. */
  forgottenBefore(): Promise<Date | undefined>
  /** Merges and unmerges that the analytics store does not know yet, the oldest first. */
  listPendingOverrides(request?: { readonly limit?: number }): Promise<readonly PendingOverride[]>
  markOverridesWritten(entries: readonly number[]): Promise<void>
}
