import type {
  BenefitCommand,
  BenefitOutcome,
  BenefitTransaction,
  Grant,
  ProfileId,
  Properties,
  Purpose,
  Reason,
} from '@tenon/kernel/contracts'
import type { Definition } from '../definitions/definitions.ts'

/** Absent means without a limit. */
export interface BenefitLimits {
  /** Grants there may be in all. */
  readonly stock?: number
  /** Grants one person may hold. The station counts, by the states in which its kind says they count. */
  readonly perPerson?: number
  /** Minor units that all grants together may cost. */
  readonly budget?: number
}

export interface BenefitCounters extends BenefitLimits {
  readonly issued: number
  readonly spent: number
}

/** A transaction as the ledger keeps it. */
export interface StoredTransaction extends BenefitTransaction {
  readonly benefit: string
  readonly profile: ProfileId
  readonly purpose?: Purpose
  /** Why it was refused; then it changed nothing. */
  readonly reason?: Reason
  /** Of the counter of issued grants: 1 for an issue, -1 where it is taken back. */
  readonly issued: number
  readonly rollsBack?: string
}

/** What the station decides about. Locked: nobody else can change it before the decision is written. */
export interface LockedBenefit {
  readonly definition: Definition
  readonly counters: BenefitCounters
  /** Of the person and this benefit, in the asked states, the first to expire first, then the oldest. */
  readonly grants: readonly Grant[]
  /** How many grants of this benefit the person has, by state, whatever `states` says. */
  readonly personCounts: Readonly<Record<string, number>>
  /** For `rollsBack`: the transaction, and what was taken back of it before, the oldest first. */
  readonly rolledBack?: { readonly transaction: StoredTransaction; readonly earlier: readonly StoredTransaction[] }
}

export type BenefitVerdict =
  | (Extract<BenefitOutcome, { ok: true }> & {
      /** How the count of issued grants moves. */
      readonly issued: number
    })
  | Extract<BenefitOutcome, { ok: false }>

export interface BenefitRequest {
  /** Key of the benefit. */
  readonly benefit: string
  readonly profile: ProfileId
  readonly idempotencyKey: string
  readonly command: BenefitCommand['kind']
  readonly purpose?: Purpose
  /** What tells this request from another one with the same idempotency key, beside benefit, profile and command. */
  readonly request: Properties
  /** Only grants in these states are shown to `decide`. */
  readonly states?: readonly string[]
  /** A transaction to take back. */
  readonly rollsBack?: string
  /** Pure: may be asked again (another draw of codes, a broken connection) before anything is written. */
  decide(locked: LockedBenefit): BenefitVerdict
}

export type BenefitResult =
  | {
      readonly ok: true
      readonly transaction: StoredTransaction
      /** After the command; those it made or changed. */
      readonly grants: readonly Grant[]
      /** The idempotency key was used before: this is what was answered then, with the grants as they are now. */
      readonly replayed: boolean
    }
  | { readonly ok: false; readonly reason: Reason; readonly transaction: StoredTransaction; readonly replayed: boolean }

/**
 * Grants, limits and the ledger. A command locks its benefit, so that stock, budget and the person's grants are exact when
 * the station decides; grants, postings, counters and the transaction are written together or not at all.
 */
export interface Benefits {
  /** Undefined where there is no such benefit. A retired one answers too (what was given stays good): `decide` sees that it is. */
  command(request: BenefitRequest): Promise<BenefitResult | undefined>
  /** Sets the limits; the counts stay. A limit below the count means that nothing more is given. */
  limit(benefit: string, limits: BenefitLimits): Promise<void>
  counters(benefit: string): Promise<BenefitCounters | undefined>
  grant(id: string): Promise<Grant | undefined>
  findByCode(code: string): Promise<Grant | undefined>
  /** Of the person behind the profile, the newest first. */
  grantsOf(profile: ProfileId, filter?: { readonly benefit?: string; readonly states?: readonly string[] }): Promise<readonly Grant[]>
  /** Grants in these states whose time is over, the longest overdue first. */
  expired(request: {
    readonly benefit: string
    readonly states: readonly string[]
    readonly at: Date
    readonly limit: number
  }): Promise<readonly Grant[]>
  transaction(id: string): Promise<StoredTransaction | undefined>
  /** Of the person behind the profile, the newest first. */
  transactionsOf(profile: ProfileId, request: { readonly limit: number }): Promise<readonly StoredTransaction[]>
  /** The sum of the postings of each account; accounts without postings are absent. */
  balances(accounts: readonly string[]): Promise<ReadonlyMap<string, number>>
}
