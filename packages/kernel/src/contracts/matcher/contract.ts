import type { LongCallContext } from '../nouns/context.ts'
import type { ProfileId } from '../nouns/identifier.ts'
import type { Properties } from '../nouns/json.ts'
import type { Label } from '../nouns/label.ts'
import type { Reason } from '../nouns/reason.ts'

/** One thing that a matcher reads of people. The list of them is its permission list: nothing else reaches it. */
export interface MatchField {
  /** Lower case, dots and underscores; unique among the fields. */
  readonly key: string
  readonly label: Label
  /** The values of an identifier type, or the value at a dotted path in the traits: `address.postalCode`. */
  readonly from: { readonly identifier: string } | { readonly trait: string }
}

/** A person as a matcher sees one. */
export interface MatchRecord {
  readonly profile: ProfileId
  /** By field, each value once, as text: numbers in decimals, dates in ISO 8601. A field without a value is absent. */
  readonly values: Readonly<Record<string, readonly string[]>>
}

/**
 * The people of a workspace whose consent covers the purpose of the context. Every walk gives the same people in the
 * same order until the call ends; the pages may be cut otherwise.
 */
export interface MatchRecords {
  read(context: LongCallContext): AsyncIterable<readonly MatchRecord[]>
}

/** The owner's limits, as probabilities. They belong to the workspace: no matcher chooses them. */
export interface MatchLimits {
  /** From here on a pair is shown to a person who decides. */
  readonly review: number
  /** From here on the station may merge by itself. Absent: it never does. */
  readonly merge?: number
}

/** What speaks for or against a pair. Names fields and how they agree, never what somebody said: the station keeps it. */
export interface MatchEvidence extends Reason {
  readonly field: string
  /** In bits: log2 of how much likelier this is if the two are one person. Negative speaks against. */
  readonly weight: number
}

/** How likely two people are one. */
export interface MatchOpinion {
  /** 0 to 1. */
  readonly probability: number
  /** The same in bits: log2(probability / (1 - probability)), still telling where the probability is rounded to 1. */
  readonly weight: number
  /** At least one, by declared fields. */
  readonly evidence: readonly MatchEvidence[]
}

/** Two people who are probably one. A proposal only: the station reviews, merges and can undo. */
export interface MatchProposal extends MatchOpinion {
  /** The lower of the two. */
  readonly left: ProfileId
  readonly right: ProfileId
  /**
   * The lowest profile of those who are one person if every pair from the merge limit on (from the review limit on where
   * there is none) is; absent where the two are not in one such group.
   */
  readonly group?: ProfileId
}

/** A loaded model. */
export interface PairMatcher {
  readonly memoryBytes: number
  /**
   * Pairs from `limits.review` on, each once, in pages: the most probable `limit` of them if there are more. With `profiles`
   * only pairs that one of them is in, judged as among everybody. An empty page says that the work goes on.
   */
  propose(
    request: {
      readonly records: MatchRecords
      readonly limits: MatchLimits
      readonly limit: number
      readonly profiles?: readonly ProfileId[]
    },
    context: LongCallContext,
  ): AsyncIterable<readonly MatchProposal[]>
  /** What it thinks of any two people, whichever comes first: for the queue, and for who asks why two are not one. Pure. */
  compare(request: { readonly left: MatchRecord; readonly right: MatchRecord }): MatchOpinion
}

/**
 * Finds people who are probably one, where no identifier says so. The station trains on schedule, keeps models, asks for
 * proposals, holds them against the owner's limits (`matchVerdict`) and acts; a matcher never does.
 */
export interface Matcher {
  readonly fields: readonly MatchField[]
  /** `every`: how old a model may get. */
  readonly training: { readonly every: string }
  /** Learns without labels. Deterministic for the same records and seed; memory within `context.memoryBytes`. */
  train(
    request: { readonly records: MatchRecords; readonly seed: number },
    context: LongCallContext,
  ): Promise<{ readonly model: Uint8Array; readonly parameters: Properties }>
  /** Reads a model that `train` made for the same fields, also in an earlier version of the plugin, or refuses it with an error. */
  load(request: { readonly model: Uint8Array }, context: LongCallContext): Promise<PairMatcher>
}
