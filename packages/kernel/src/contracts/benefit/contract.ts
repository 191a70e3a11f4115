import type { ConfigSchema } from '../../plugin/config.ts'
import type { Permit } from '../consent/gate.ts'
import type { Basket } from '../nouns/basket.ts'
import type { CallContext } from '../nouns/context.ts'
import type { ProfileId } from '../nouns/identifier.ts'
import type { Properties } from '../nouns/json.ts'
import type { Label } from '../nouns/label.ts'
import type { Reason } from '../nouns/reason.ts'

/** One benefit of the catalogue, as the kind sees it. Eligibility, stock, limits, budgets and stacking are the station's. */
export interface Benefit {
  readonly key: string
  readonly kind: string
  readonly label: Label
  /** Has passed the `terms` schema of the kind. */
  readonly terms: Properties
}

/** What one person holds: a coupon, a lot of points, a membership. */
export interface Grant {
  readonly id: string
  readonly benefit: string
  readonly profile: ProfileId
  readonly state: string
  /** Unique within the workspace where the kind draws codes. */
  readonly code?: string
  readonly data: Properties
  readonly issuedAt: Date
  readonly expiresAt?: Date
}

export type BenefitCommand =
  | { readonly kind: 'issue'; readonly amount?: number; readonly why: Properties }
  /** Reserves for an order that is not paid yet. */
  | { readonly kind: 'hold'; readonly grant?: string; readonly amount?: number; readonly basket?: Basket }
  | { readonly kind: 'redeem'; readonly grant?: string; readonly amount?: number; readonly basket?: Basket }
  /** Takes one earlier transaction back, or a part of it. */
  | { readonly kind: 'roll-back'; readonly of: BenefitTransaction; readonly amount?: number }
  | { readonly kind: 'transfer'; readonly to: ProfileId; readonly amount?: number }
  | { readonly kind: 'expire' }

/** What a command changed, as the ledger keeps it. */
export interface BenefitTransaction {
  readonly id: string
  readonly command: BenefitCommand['kind']
  readonly at: Date
  readonly changes: readonly GrantChange[]
  readonly value: number
  readonly cost: number
}

/** The next state of a grant; `grant: 'new'` makes one. */
export interface GrantChange {
  readonly grant: string | 'new'
  readonly profile: ProfileId
  readonly state: string
  readonly code?: string
  readonly data: Properties
  readonly expiresAt?: Date
}

export type BenefitOutcome =
  | {
      readonly ok: true
      readonly changes: readonly GrantChange[]
      /** Double entry: the amounts add up to zero. Empty for kinds without a balance. */
      readonly postings: readonly { readonly account: string; readonly amount: number }[]
      /** What the person gains, in minor units of the basket's currency, or points. */
      readonly value: number
      /** What it costs the brand, in minor units: moves the budget. */
      readonly cost: number
    }
  | { readonly ok: false; readonly reason: Reason }

/**
 * A kind of benefit as a state machine: pure. The station locks the grants, asks, and applies the outcome with stock,
 * limits, budget and ledger in one transaction; asking twice changes nothing.
 */
export interface BenefitKind {
  /** What benefits of the catalogue name: `coupon`, `points`. */
  readonly kind: string
  readonly terms: ConfigSchema
  /** All states; the first is that of a fresh grant. */
  readonly states: readonly string[]
  /** States in which a grant still counts against the limit per person. */
  readonly live: readonly string[]
  /** States that end when the time of a grant is over: then the station asks for `expire`. */
  readonly ending: readonly string[]
  apply(
    request: {
      readonly benefit: Benefit
      /** Those of the person for this benefit that the command may touch, the first to expire first. */
      readonly grants: readonly Grant[]
      readonly profile: ProfileId
      readonly command: BenefitCommand
      /** To give benefits to this person: `issue` does not pass the guard without a valid one; what takes back or uses needs none. */
      readonly permit?: Permit
      /** Unguessable codes, never used before; from a seed in simulations. */
      readonly draw: (count: number, shape: { readonly length: number; readonly alphabet: string }) => readonly string[]
    },
    context: CallContext,
  ): BenefitOutcome
}
