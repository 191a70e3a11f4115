/**
 * The durable log in front of ingest. Positions are bytes since the log was made, and only grow; a record is addressed by
 * where it begins. One process writes.
 */
export interface EventLog {
  /** Made with the log and kept with it: names its stream in the store. */
  readonly id: string
  /** Resolves once the record is on disk; `full` when it would not fit into the disk budget, and then nothing is kept. */
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
  state(): LogState
  /** Finishes what was appended, and gives the folder up. */
  close(): Promise<void>
}

export interface LogRecord {
  readonly position: number
  /** How many events and refusals it holds, as its writer said. */
  readonly parts: number
  readonly payload: Buffer
}

export interface LogChunk {
  readonly from: number
  readonly records: readonly LogRecord[]
  /** Where to read on. Beyond the last record where damage was skipped. */
  readonly next: number
}

export interface LogState {
  /** Where the oldest kept segment begins. */
  readonly first: number
  /** After the last durable record. */
  readonly end: number
  /** On disk. */
  readonly bytes: number
  readonly budgetBytes: number
  /** Bytes that were damaged and left out, as `onCorrupt: 'skip'` allows. */
  readonly skippedBytes: number
}
