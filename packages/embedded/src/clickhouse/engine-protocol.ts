/** What a thread is asked to run. */
export interface EngineTask {
  /** Statements that prepare the session, such as `SET name = 'value'`. */
  readonly setup: readonly string[]
  readonly sql: string
  /** The format of the result unless the statement names one. */
  readonly format: string
  /**
   * `streamed`: the result comes in pieces. `whole`: the result is one piece, for formats whose pieces do not join.
   * `own`: a statement that we built ourselves and whose result does not matter.
   */
  readonly mode: 'streamed' | 'whole' | 'own'
}

/** What a finished task tells about itself. */
export interface EngineCounts {
  readonly readRows: number
  readonly readBytes: number
  readonly resultRows: number
}

export type ToThread = { readonly kind: 'run'; readonly task: EngineTask } | { readonly kind: 'more' } | { readonly kind: 'cancel' }

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly counts: EngineCounts }
  | { readonly kind: 'failed'; readonly message: string }

/** How every session of the process is opened; the first one decides for the engine. */
export interface EngineConfig {
  readonly path: string
  readonly args: readonly string[]
}
