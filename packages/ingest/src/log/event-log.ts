import type { Health } from '@tenon/kernel'
import type { SharedLog } from './shared-log.ts'

/**
 * A durable log in front of ingest. Positions begin with 0 and only grow; what they count is the log's affair (bytes of a local one,
 * messages of a stream). A local log is written by one process, a shared one by many.
 */
export interface EventLog {
  /** Made with the log and kept with it: names its stream in the store. */
  readonly id: string
  /** Resolves once the record is durable; `full` when it would not fit into the disk budget, and then nothing is kept. */
  append(payload: Uint8Array, parts: number): Promise<'durable' | 'full'>
  /**
   * Whole durable records from a position on: at least one where there is one, at most about `maxBytes` and `maxParts` more,
   * and none that begins at `until` or later.
   */
  read(request: { readonly from: number; readonly maxBytes: number; readonly maxParts: number; readonly until?: number }): Promise<LogChunk>
  /** Resolves when there is something durable after the position, or when the signal fires. */
  whenBeyond(position: number, signal: AbortSignal): Promise<void>
  /** Everything before the position was stored: segments that lie before it as a whole are deleted. */
  release(position: number): Promise<void>
  /** How many parts the durable records between two positions hold. */
  countParts(from: number, until: number): Promise<number>
  /** As this process knows it. */
  state(): LogState
  /** As it is now: others may append to a shared log, too. */
  look(): Promise<LogState>
  /** Finishes what was appended, and gives the log up. */
  close(): Promise<void>
}

export interface LogRecord {
  readonly position: number
  /** Names the record within the log: the same whenever it is read. */
  readonly place: string
  /** How many events and refusals it holds, as its writer said. */
  readonly parts: number
  readonly payload: Buffer
}

/** A piece of a log, without what is in it. */
export interface LogPiece {
  readonly from: number
  /** What the headers of these records say that they hold: whoever stores them must account for as many. */
  readonly parts: number
  /** Where to read on. Beyond the last record where damage was skipped. */
  readonly next: number
}

export interface LogChunk extends LogPiece {
  readonly records: readonly LogRecord[]
}

export interface LogState {
  /** Where what is kept begins. */
  readonly first: number
  /** After the last durable record. */
  readonly end: number
  /** On disk. */
  readonly bytes: number
  readonly budgetBytes: number
  /** Bytes that were damaged and left out, as `onCorrupt: 'skip'` allows. */
  readonly skippedBytes: number
}

/** Whose events they are: its requests go into one log, in their order. */
export interface Sender {
  readonly workspace: string
  readonly source: string
}

/** The logs of an installation: the one in the folder of this process, or those that a fleet shares. */
export interface EventLogs {
  /** All that may hold something. */
  readonly logs: readonly EventLog[]
  /** In front of the id of a log, names its stream in the store. */
  readonly prefix: string
  /** Other processes append to them, too, and store from them. */
  readonly shared: boolean
  /** Of shared logs, how a backup reads them. */
  readonly copies?: readonly SharedLog[]
  /** What a record may have; a larger request is split. */
  readonly recordBytes: number
  /** The log of a sender: the same one as long as the set does not change. */
  logOf(sender: Sender): EventLog
  /** Whether something can be appended. */
  health(): Health
  close(): Promise<void>
}

/** Opens the logs of an installation; `localLog` and `jetStreamLogs` make one. */
export type OpenLogs = () => Promise<EventLogs>
