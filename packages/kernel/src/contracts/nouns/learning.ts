import type { LongCallContext } from './context.ts'
import type { History } from './history.ts'
import type { Properties } from './json.ts'

/** What a definition learned from everybody: cut-offs, coefficients. Quality has the plugin's own names. */
export interface Fitted {
  readonly model: Uint8Array
  readonly quality: Readonly<Record<string, number>>
}

export interface FitRequest {
  readonly key: string
  readonly definition: Properties
  readonly history: History
  readonly asOf: Date
  readonly seed: number
}

/** Deterministic for the same history and seed. */
export type Fit = (request: FitRequest, context: LongCallContext) => Promise<Fitted>
