import type { Properties } from '@tenon/kernel/contracts'

export type ModelKind = 'tag' | 'segment' | 'recommender' | 'matcher'

export interface StoredModel {
  readonly kind: ModelKind
  readonly key: string
  readonly version: string
  readonly model: Uint8Array
  readonly quality: Properties
  readonly trainedAt: Date
}

export interface Models {
  /** Keeps it beside the older ones, and of each key the five newest. The same version again replaces it. */
  put(model: StoredModel): Promise<void>
  /** The one that was trained last. */
  latest(kind: ModelKind, key: string): Promise<StoredModel | undefined>
}
