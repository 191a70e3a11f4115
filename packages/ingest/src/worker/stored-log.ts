import type { EventLog, LogState } from '../log/event-log.ts'

export interface WorkerLimits {
  /** Of one batch in the log. */
  readonly batchBytes: number
  /** Events of one batch. Of twice as many each costs the engine a fifth less, and what a batch holds until it is stored costs as much more. */
  readonly batchEvents: number
  /** How long the first event of a batch waits for others. */
  readonly lingerMs: number
  /** Between two tries; doubles from 100 ms up to this. */
  readonly longestPauseMs: number
}

export const DEFAULT_WORKER_LIMITS: WorkerLimits = Object.freeze({
  batchBytes: 32 * 1024 * 1024,
  batchEvents: 10_000,
  lingerMs: 50,
  longestPauseMs: 5_000,
})

/** What it takes of a log to store it. */
export interface StoredLog extends Pick<EventLog, 'read' | 'whenBeyond' | 'release'> {
  state(): Pick<LogState, 'end'>
  look(): Promise<Pick<LogState, 'end'>>
}
