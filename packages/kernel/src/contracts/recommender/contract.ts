import type { Permit } from '../consent/gate.ts'
import type { LongCallContext } from '../nouns/context.ts'
import type { ProfileId } from '../nouns/identifier.ts'
import type { Interaction, Item, ItemId } from '../nouns/item.ts'
import type { Properties } from '../nouns/json.ts'
import type { Reason } from '../nouns/reason.ts'
import type { TagValue } from '../nouns/value.ts'

/** How much each kind of interaction counts, and how fast it fades: weight × 2^(−age / halfLifeDays). */
export type KindWeights = Readonly<Record<string, { readonly weight: number; readonly halfLifeDays?: number }>>

/**
 * What people did with items, up to `asOf`, of those whose consent covers the purpose. The work that a column
 * store does best (counting, pairing) is asked for as an answer, so that no plugin moves the history through memory.
 */
export interface Interactions {
  /** Items by decayed weight, the heaviest first. */
  popularity(request: {
    readonly asOf: Date
    readonly kinds: KindWeights
    readonly within?: string
    readonly limit: number
  }): Promise<readonly { readonly item: ItemId; readonly weight: number; readonly people: number }[]>
  /**
   * Items that occur together in the basket or session of a profile. A session ends after `gapMinutes` of silence and
   * counts its `cap` latest items; a pair in a session of n items weighs 1 / ln(2 + n), decayed. The best `perItem` of each item.
   */
  pairs(request: {
    readonly asOf: Date
    readonly kinds: KindWeights
    readonly within?: string
    readonly gapMinutes: number
    readonly cap: number
    readonly perItem: number
    readonly minPeople: number
  }): AsyncIterable<readonly { readonly left: ItemId; readonly right: ItemId; readonly weight: number; readonly people: number }[]>
  /** People × items as compressed sparse rows of decayed weights; typed arrays that can be shared with workers. */
  matrix(request: { readonly asOf: Date; readonly kinds: KindWeights; readonly within?: string }): Promise<{
    /** `profiles.length + 1` offsets into `columns` and `weights`. */
    readonly rows: Int32Array
    readonly columns: Int32Array
    readonly weights: Float32Array
    readonly profiles: Float64Array
    readonly items: readonly ItemId[]
  }>
  /** Sessions in the order of their end, each in the order of time. */
  sessions(request: {
    readonly asOf: Date
    readonly kinds: KindWeights
    readonly within?: string
    readonly gapMinutes: number
  }): AsyncIterable<readonly (readonly Interaction[])[]>
  items(): AsyncIterable<readonly Item[]>
}

export interface RecommendRequest {
  readonly scene: string
  /** Absent for a visitor without a profile, or without consent to personal choice. */
  readonly profile?: {
    readonly id: ProfileId
    /** To decide for this person; without a valid one the guard takes the profile out of the request. */
    readonly permit: Permit
    readonly tags: Readonly<Record<string, TagValue>>
    /** The latest first. */
    readonly history: readonly Interaction[]
  }
  /** Of the current visit, the latest first; known also for strangers. */
  readonly session: readonly Interaction[]
  /** The items that the page is about: the viewed one, those in the cart. */
  readonly anchors: readonly ItemId[]
  /** Typed so far in a search field. */
  readonly query?: string
  /** How many candidates the station wants; more than it will show, since it filters afterwards. */
  readonly limit: number
  readonly now: Date
}

export interface Candidate {
  readonly item: ItemId
  /** Finite; higher is better; comparable within one answer only. */
  readonly score: number
  /** At least one. */
  readonly reasons: readonly Reason[]
}

/** A loaded model. `recommend` is synchronous work on memory: the caller owns time limits and threads. */
export interface Scorer {
  readonly memoryBytes: number
  /** No repetition, the best first, `limit` at the most. Empty where it knows nothing: never random. */
  recommend(request: RecommendRequest): readonly Candidate[]
  /** New facts without a new training; absent where the model can not. */
  learn?(facts: readonly { readonly profile?: ProfileId; readonly interaction: Interaction }[]): void
}

/** A way to choose items. The station trains on schedule, keeps models, loads, blends, filters, re-ranks and logs. */
export interface Recommender {
  /**
   * What of a request it answers from; empty for one that answers everybody alike. A scene asks those first that use what
   * the request has, and falls back on the others.
   */
  readonly uses: readonly ('anchors' | 'session' | 'history' | 'tags' | 'query')[]
  /** `every`: how old a model may get. Where learning takes more than a tenth of that, it gets as old as ten times what it took, or an hour older. */
  readonly training: { readonly every: string }
  /** Learns a model. Deterministic for the same interactions and seed; memory within `context.memoryBytes`. */
  train(
    request: { readonly interactions: Interactions; readonly asOf: Date; readonly seed: number },
    context: LongCallContext,
  ): Promise<{ readonly model: Uint8Array; readonly parameters: Properties }>
  /** Reads a model that `train` made, also by an earlier version of the plugin, or refuses it with an error. */
  load(request: { readonly model: Uint8Array }, context: LongCallContext): Promise<Scorer>
}
