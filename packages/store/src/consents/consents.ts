import type { ProfileId, Purpose, Receipt } from '@tenon/kernel/contracts'

export type NewReceipt = Omit<Receipt, 'id'> & { readonly profile: ProfileId }

/** A receipt with the profile that it came with. */
export interface KeptReceipt {
  readonly profile: ProfileId
  readonly recordedAt: Date
  readonly receipt: Receipt
}

/** A receipt of a person as it is now. */
export interface PersonsReceipt extends KeptReceipt {
  /** Recorded since the person is who it is: it was said by all that are one now, and hides what each of them says. */
  readonly isOfAll: boolean
}

/** The consent ledger: append-only, also for the database (a trigger refuses everything but erasure). */
export interface Consents {
  /**
   * A receipt with the same profile, purpose, instant, state and source is the same receipt. How many were new. A purpose or source
   * that is no key (empty, over 512 bytes, not text) is left out: nobody can ask for such a purpose. Recorded as of `recordedAt`, or
   * now, and never before the person became who it is, whatever the clock of this process says. Waits for who decides about identities
   * in the workspace: a transaction that will decide about them takes their lock before it records.
   */
  record(receipts: readonly NewReceipt[], recordedAt?: Date): Promise<number>
  /** All receipts of the persons behind the profiles, merged ones included, the newest first. Everybody who was asked for has an entry. */
  of(profiles: readonly ProfileId[]): Promise<ReadonlyMap<ProfileId, readonly Receipt[]>>
  /** The same with the profile that each came with, and whether it came before another profile did. */
  kept(profiles: readonly ProfileId[]): Promise<ReadonlyMap<ProfileId, readonly PersonsReceipt[]>>
  /** Persons with any receipt (on one of the purposes), in pages. After a merge a person can come in more than one page. */
  profilesWith(purposes?: readonly Purpose[]): AsyncIterable<readonly ProfileId[]>
}
