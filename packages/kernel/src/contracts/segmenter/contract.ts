import type { ConfigSchema } from '../../plugin/config.ts'
import type { LongCallContext } from '../nouns/context.ts'
import type { History } from '../nouns/history.ts'
import type { ProfileId } from '../nouns/identifier.ts'
import type { Properties } from '../nouns/json.ts'
import type { Label } from '../nouns/label.ts'
import type { FitRequest, Fitted } from '../nouns/learning.ts'
import type { Reason } from '../nouns/reason.ts'
import type { Rule } from '../rule/rule.ts'

export interface SegmentDescription {
  /** Dotted lower case. Starts with the key of the definition. */
  readonly key: string
  readonly label: Label
}

/** How the station finds the members of a definition. */
export type SegmentPlan =
  /** By the rule compiler: exact, the same in batch and in real time. */
  | { readonly how: 'rule'; readonly segment: SegmentDescription; readonly rule: Rule }
  /** By `assign` of this plugin, after `fit`. One definition may make several segments (AIPL makes four, k-means k). */
  | {
      readonly how: 'model'
      readonly segments: readonly SegmentDescription[]
      readonly fits: boolean
      readonly every: string
      /** True where a profile is in one of the segments at the most. */
      readonly exclusive: boolean
    }

export interface Assignment {
  readonly profile: ProfileId
  readonly segment: string
  /** 0 to 1: how sure. */
  readonly score: number
  readonly reasons: readonly Reason[]
}

/** A kind of segment. Definitions are data (`PUT /v1/segments/{key}`); the station stores, evaluates and tells who entered and left. */
export interface Segmenter {
  readonly kind: string
  readonly definition: ConfigSchema
  readonly presets: readonly { readonly key: string; readonly label: Label; readonly definition: Properties }[]
  plan(request: { readonly key: string; readonly label: Label; readonly definition: Properties }): SegmentPlan
  fit?(request: FitRequest, context: LongCallContext): Promise<Fitted>
  /** Members at `asOf` among the asked profiles, or among everybody. */
  assign?(
    request: {
      readonly key: string
      readonly definition: Properties
      readonly model: Uint8Array | undefined
      readonly history: History
      readonly asOf: Date
      readonly profiles?: readonly ProfileId[]
    },
    context: LongCallContext,
  ): AsyncIterable<readonly Assignment[]>
}
