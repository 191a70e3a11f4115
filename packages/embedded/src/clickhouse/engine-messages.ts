/** From the parent to the engine's process. */
export type ToEngine =
  | { readonly kind: 'start'; readonly options: EngineProcessOptions }
  | { readonly kind: 'stop'; readonly graceMs: number }

/** From the engine's process to its parent. */
export type FromEngine = { readonly kind: 'listening'; readonly port: number } | { readonly kind: 'failed'; readonly reason: string }

export interface EngineProcessOptions {
  readonly path: string
  readonly spool: string
  readonly args: readonly string[]
  readonly user: string
  readonly password: string
  readonly port: number
  readonly maxConcurrentQueries: number
  readonly maxQueuedQueries: number
  readonly maxQueryBytes: number
  readonly maxFieldBytes: number
  readonly maxInsertBytes: number
  readonly maxWholeResultBytes: number
}
