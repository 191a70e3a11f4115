import type { ConfigSchema } from '../../plugin/config.ts'
import type { LongCallContext } from '../nouns/context.ts'
import type { History } from '../nouns/history.ts'
import type { ProfileId } from '../nouns/identifier.ts'
import type { Properties } from '../nouns/json.ts'
import type { Label } from '../nouns/label.ts'
import type { FitRequest, Fitted } from '../nouns/learning.ts'
import type { Reason } from '../nouns/reason.ts'
import type { TagValue, ValueType } from '../nouns/value.ts'
import type { Measure, Rule } from '../rule/rule.ts'

/** A tag as people see it. One definition may make several: RFM makes recency, frequency, monetary value and tier. */
export interface TagDescription {
  /** Dotted lower case: `rfm.tier`. Starts with the key of the definition. */
  readonly key: string
  readonly label: Label
  readonly type: ValueType
  /** In their order, where the values are known beforehand. */
  readonly values?: readonly { readonly value: string; readonly label: Label }[]
}

/** How the station gets the values of a definition. */
export type TagPlan =
  /** From the history by the rule compiler: the same in batch and in real time. */
  | { readonly how: 'measure'; readonly tag: TagDescription; readonly measure: Measure }
  /** The first case that holds; without one the profile has no value. */
  | { readonly how: 'cases'; readonly tag: TagDescription; readonly cases: readonly { readonly when: Rule; readonly value: TagValue }[] }
  /** From `value` of this plugin, after `fit` where it learns from everybody first. */
  | { readonly how: 'model'; readonly tags: readonly TagDescription[]; readonly fits: boolean; readonly every: string }

export interface TagModelValue {
  readonly profile: ProfileId
  readonly tag: string
  readonly value: TagValue
  readonly reasons: readonly Reason[]
}

/** One page of an answer about many profiles. */
export type Page<T> = readonly T[]

/**
 * A kind of tag. Definitions are data that people create (`PUT /v1/tags/{key}`): the plugin says what a definition
 * of its kind looks like and how its values come about; the station stores, computes, keeps history and reacts.
 */
export interface Tagger {
  /** What definitions name: `measure`, `rfm`. */
  readonly kind: string
  /** The body of a definition of this kind. */
  readonly definition: ConfigSchema
  /** Definitions that exist from the start, unless the workspace has its own under the key. */
  readonly presets: readonly { readonly key: string; readonly label: Label; readonly definition: Properties }[]
  /** Pure. The definition has passed the schema. */
  plan(request: { readonly key: string; readonly label: Label; readonly definition: Properties }): TagPlan
  /** Learns from everybody: cut-offs, coefficients. Deterministic for the same history and seed. */
  fit?(request: FitRequest, context: LongCallContext): Promise<Fitted>
  /** Values at `asOf`, for the asked profiles or for everybody. A profile that is left out has no value. */
  value?(
    request: {
      readonly key: string
      readonly definition: Properties
      readonly model: Uint8Array | undefined
      readonly history: History
      readonly asOf: Date
      readonly profiles?: readonly ProfileId[]
    },
    context: LongCallContext,
  ): AsyncIterable<Page<TagModelValue>>
}
