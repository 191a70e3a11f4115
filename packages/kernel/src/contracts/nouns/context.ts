import type { Purpose } from './purpose.ts'

/** Comes with every call. Data that `purpose` does not allow is not in the arguments, whether a plugin looks at it or not. */
export interface CallContext {
  readonly workspace: string
  readonly purpose: Purpose
  /** The instant of the call. Plugins have no other clock. */
  readonly now: Date
  /** Fires at the time limit of the call, or when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** For calls that may take minutes: training, scoring of everybody. */
export interface LongCallContext extends CallContext {
  progress(update: { readonly done: number; readonly of?: number; readonly note?: string }): void
  /** What the call may hold in memory. */
  readonly memoryBytes: number
}
