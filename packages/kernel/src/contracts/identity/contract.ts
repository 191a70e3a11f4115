import type { CallContext } from '../nouns/context.ts'
import type { EventType } from '../nouns/event.ts'
import type { Identifier, ProfileId } from '../nouns/identifier.ts'
import type { Label } from '../nouns/label.ts'

export interface IdentifierType {
  readonly type: string
  readonly label: Label
  /** The canonical form, or undefined for a value that identifies nobody. Idempotent. */
  normalise(value: string): string | undefined
  /** Personal data: masked in lists and logs. */
  readonly personal: boolean
}

/** An identifier that was not used, and the rule that said so. */
export interface Dropped extends Identifier {
  readonly rule: string
}

/** A profile that already holds one of the identifiers. */
export interface Owner {
  readonly profile: ProfileId
  readonly firstSeen: Date
  /** All that it holds, with the time at which each was first seen. */
  readonly identifiers: readonly (Identifier & { readonly since: Date })[]
}

export type IdentityPlan =
  /** A new profile with these identifiers. */
  | { readonly kind: 'create'; readonly attach: readonly Identifier[]; readonly dropped: readonly Dropped[] }
  /** An existing profile, which gets these identifiers too. */
  | { readonly kind: 'attach'; readonly to: ProfileId; readonly attach: readonly Identifier[]; readonly dropped: readonly Dropped[] }
  /** Several profiles are one person. */
  | {
      readonly kind: 'merge'
      readonly into: ProfileId
      readonly from: readonly ProfileId[]
      /** The rule that joined them, for the merge ledger. */
      readonly rule: string
      readonly attach: readonly Identifier[]
      readonly dropped: readonly Dropped[]
    }
  /** Nothing in it identifies anybody: the event is kept without a profile. */
  | { readonly kind: 'anonymous'; readonly rule: string; readonly dropped: readonly Dropped[] }

/**
 * Whose event is it? A pure policy: the station normalises with `types`, looks owners up, applies the plan in one
 * transaction and writes the merge ledger. The same request always gets the same plan.
 */
export interface IdentityPolicy {
  readonly types: readonly IdentifierType[]
  plan(
    request: {
      /** Normalised, without repetition, only of known types, in the order of the sender. */
      readonly identifiers: readonly Identifier[]
      readonly owners: readonly Owner[]
      /** The event that asks. An alias says explicitly that its identifiers are one person. */
      readonly cause: { readonly type: EventType; readonly source: string; readonly at: Date }
    },
    context: CallContext,
  ): IdentityPlan
}
