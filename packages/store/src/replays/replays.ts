import type { Properties } from '@tenon/kernel/contracts'

/** `done` once everything that was found has been through ingest; what became of it is in the counts. */
export type ReplayState = 'running' | 'done' | 'cancelled'

/** Failed events that are sent through ingest once more. */
export interface Replay {
  readonly id: string
  readonly filter: Properties
  readonly state: ReplayState
  /** Where in the list it goes on; absent at its beginning. */
  readonly cursor?: string
  /** How many events the filter selected when it was asked for. */
  readonly found: number
  readonly queued: number
  readonly stored: number
  readonly duplicate: number
  readonly dropped: number
  /** Failed once more. */
  readonly failed: number
  readonly requestedBy: string
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface Replays {
  create(replay: Pick<Replay, 'filter' | 'found' | 'requestedBy'>): Promise<Replay>
  get(id: string): Promise<Replay | undefined>
  /** The newest first. */
  list(request: { readonly limit: number }): Promise<readonly Replay[]>
  /** Those that have something to do, the oldest first. */
  running(): Promise<readonly Replay[]>
  /** Writes down how far one has come that runs and stands at `from`. Whether it did: if not, it was cancelled or somebody else goes on with it. */
  advance(id: string, step: { readonly from: string | undefined; readonly to: string; readonly queued: number }): Promise<boolean>
  /** Ends a running one. Whether it ran. */
  end(id: string, state: Exclude<ReplayState, 'running'>): Promise<boolean>
}
