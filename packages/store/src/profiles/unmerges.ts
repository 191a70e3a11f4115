import type { Identifier, Owner, ProfileId } from '@tenon/kernel/contracts'
import type { KeptReceipt } from '../consents/consents.ts'
import type { MergeEntry } from './profiles.ts'

type Held = Owner['identifiers'][number]

/** A merge of the ledger, with what became of it. */
export interface MergeRecord extends MergeEntry {
  /** Where it was taken back. */
  readonly undone?: { readonly id: number; readonly at: Date }
  /** Whether its rows in the analytics store are being rewritten, or are: then it stays. */
  readonly squashed: boolean
}

/** What the person of a merge would become without it. */
export interface Separation {
  readonly merge: MergeRecord
  /** Who would be a person again: the loser of the merge. */
  readonly restored: ProfileId
  /** Profiles that would go with it: those that are a part of it by merges of their own. */
  readonly members: readonly ProfileId[]
  /** The person that it is a part of now. */
  readonly remaining: ProfileId
  /** Profiles that would stay. */
  readonly others: readonly ProfileId[]
  /** Those of them that were its person, one after the other, since when, and who is a part of each by merges that stand, itself among them, without those who would go. */
  readonly path: readonly { readonly profile: ProfileId; readonly since: Date; readonly under: readonly ProfileId[] }[]
  readonly identifiers: {
    /** Those that the restored side came with. */
    readonly restored: readonly Held[]
    /** All others, also those that came after the merge. */
    readonly remaining: readonly Held[]
  }
}

/** Two identifiers that never again make one person of two. */
export type BlockedPair = readonly [left: Identifier, right: Identifier]

/** A pair that does not join people, and how often an event would have. */
export interface BlockRecord {
  readonly pair: BlockedPair
  /** The unmerge that it comes from. */
  readonly unmerge: number
  readonly since: Date
  readonly heldBack: number
  /** The last event that named both, and was kept from joining them. */
  readonly last?: { readonly source: string; readonly messageId: string; readonly at: Date }
  /** Where somebody let it join people again. */
  readonly lifted?: { readonly at: Date; readonly by: string; readonly reason: string }
}

export interface UnmergeEntry {
  /** In the same numbers as the merges. */
  readonly id: number
  readonly merge: number
  readonly restored: ProfileId
  readonly remaining: ProfileId
  readonly members: readonly ProfileId[]
  readonly identifiers: readonly Held[]
  readonly recordedAt: Date
}

/** Rows that keep the profile they came with. */
export interface Holdings {
  readonly grants: number
  readonly messages: number
  readonly receipts: number
}

/** Which rows of the analytics store are a survivor's for good. */
export interface SquashStep {
  readonly merges: readonly number[]
  readonly moves: readonly {
    readonly from: ProfileId
    readonly into: ProfileId
    /** Ids that its rows may have been written with. */
    readonly stored: readonly ProfileId[]
  }[]
}

export interface SettledOverrides {
  readonly merges: readonly number[]
  readonly overrides: readonly { readonly old: ProfileId; readonly into: ProfileId; readonly version: number }[]
}

/**
 * Merges that are taken back. Profiles are the nodes of a forest whose edges are the merges that stand: an unmerge cuts one
 * edge, whatever was merged or cut around it since, and every identifier goes with the profile that it came with.
 */
export interface Unmerges {
  /** Merges of the person of this profile and those that were taken back from it or gave it back, the newest first. */
  history(profile: ProfileId): Promise<readonly MergeRecord[]>
  /** The profile that each identifier of the person came with. */
  homes(profile: ProfileId): Promise<readonly (Held & { readonly home: ProfileId })[]>
  /** As things are now; undefined for an unknown merge. Of one that was taken back, both sides as they are. */
  separation(merge: number): Promise<Separation | undefined>
  /**
   * Takes the merge back. Only within a transaction that holds the lock of identities, with a separation that was read in it.
   * `also` are identifiers of the remaining side that go too. The analytics store hears of it through `ingest.listPendingOverrides`.
   */
  separate(request: {
    readonly separation: Separation
    readonly also: readonly Identifier[]
    readonly blocked: readonly BlockedPair[]
  }): Promise<UnmergeEntry>
  /** Blocked pairs of which both are among the identifiers. */
  blockedAmong(identifiers: readonly Identifier[]): Promise<readonly BlockedPair[]>
  /** Blocks with one of these identifiers, also those that were lifted, the newest first. */
  blocksOf(identifiers: readonly Identifier[]): Promise<readonly BlockRecord[]>
  /** Lets a pair join people again. Whether it was blocked. */
  liftBlock(request: { readonly pair: BlockedPair; readonly by: string; readonly reason: string }): Promise<boolean>
  /** Notes events that were kept from joining people. */
  heldBack(
    events: readonly { readonly pair: BlockedPair; readonly source: string; readonly messageId: string; readonly at: Date }[],
  ): Promise<void>
  /** Receipts of exactly these profiles, the newest first. */
  receiptsOf(profiles: readonly ProfileId[]): Promise<readonly KeptReceipt[]>
  /** Rows of exactly these profiles. */
  holdingsOf(profiles: readonly ProfileId[]): Promise<Holdings>
  /** Unmerges whose consequences are not all told, the oldest first. `waits`: events that were resolved before it are still being stored. */
  unsettled(): Promise<readonly (UnmergeEntry & { readonly waits: boolean })[]>
  settle(unmerge: number): Promise<void>
  /**
   * Claims merges recorded up to `before` whose rows are to be rewritten; from then on they can not be taken back. Claims that
   * were not finished are claimed again.
   */
  claimSquash(request: { readonly before: Date; readonly limit: number }): Promise<SquashStep>
  squashed(merges: readonly number[]): Promise<void>
  /** Merges whose rows were rewritten up to `before`: nothing reads their overrides in a scan over everybody any more. */
  settleable(request: { readonly before: Date; readonly limit: number }): Promise<SettledOverrides>
  overridesSettled(merges: readonly number[]): Promise<void>
}
