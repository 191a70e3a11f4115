import type { CallContext } from '../nouns/context.ts'
import type { Properties } from '../nouns/json.ts'
import type { Label } from '../nouns/label.ts'
import type { Purpose } from '../nouns/purpose.ts'
import type { Reason } from '../nouns/reason.ts'

/** What is about to be done: the same purpose may allow one and not the other. */
export type Action = 'store' | 'compute' | 'decide' | 'send' | 'export'

/** One entry of the consent ledger: what a person said, about what, when, and how we know. Never changed. */
export interface Receipt {
  readonly id: string
  readonly purpose: Purpose
  readonly state: 'granted' | 'denied' | 'withdrawn'
  /** `consent`, `contract`, `legitimate-interest`, ... */
  readonly basis: string
  /** Version of the notice that the person saw. */
  readonly notice: string
  readonly source: string
  readonly at: Date
  readonly expiresAt?: Date
  readonly evidence: Properties
}

export type Decision =
  | { readonly granted: true; readonly basis: string; readonly receipt?: string }
  | { readonly granted: false; readonly reason: Reason }

export interface PurposeDescription {
  readonly purpose: Purpose
  readonly label: Label
  /** Legal bases on which it may rest; `consent` alone means that without a grant the answer is no. */
  readonly bases: readonly string[]
}

/**
 * The law as a pure function over receipts. The gate asks every policy of the edition whose jurisdiction covers the
 * person; all must grant. No policy, an unknown purpose, or a failing policy means no.
 */
export interface ConsentPolicy {
  /** ISO 3166 codes of countries, or `*`. */
  readonly jurisdictions: readonly string[]
  readonly purposes: readonly PurposeDescription[]
  /**
   * By the newest receipt on the purpose, also where that is a grant which has run out: a merge binds a person to the narrower of two grants by
   * a newer receipt, and behind its end the wider one must not hold again.
   */
  decide(
    request: {
      readonly purpose: Purpose
      readonly action: Action
      /** All of the person, the newest first. */
      readonly receipts: readonly Receipt[]
      /** Age, country and the like, where known. */
      readonly traits: Properties
    },
    context: CallContext,
  ): Decision
  /** Of two receipts on one purpose that meet in a merge, the one that binds. Never the looser one. */
  stricter(left: Receipt, right: Receipt): Receipt
  /** A signal that came with an event (TCF string, GPC header, `context.consent`), purpose by purpose; empty where it is not understood. */
  interpret(signal: { readonly format: string; readonly value: unknown; readonly at: Date }): readonly Omit<Receipt, 'id'>[]
}
