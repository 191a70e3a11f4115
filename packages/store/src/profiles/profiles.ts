import type { Identifier, Owner, ProfileId, Properties } from '@tenon/kernel/contracts'

/** An identifier to be held by a profile. `since` is when it was first seen with it. */
export interface Attachment extends Identifier {
  readonly profile: ProfileId
  readonly since: Date
}

/** An identifier that was not attached. */
export interface AttachmentRefused extends Identifier {
  /** `taken`: another person holds it. `unstorable`: see `isStorableIdentifier`. */
  readonly why: 'taken' | 'unstorable'
  readonly holder?: ProfileId
}

export interface Merge {
  readonly into: ProfileId
  readonly from: readonly ProfileId[]
  /** The rule that joined them. */
  readonly rule: string
  /** The event that was the cause. */
  readonly source: string
  readonly messageId: string
  readonly at: Date
  readonly evidence: Properties
  /** Where absent, what `behind` says. Consents that are on record since then are of all that the person is. */
  readonly recordedAt?: Date
  /** No event came with it: it is found by `unsettledMerges` until what follows from it is done. */
  readonly settled?: false
}

/** One row of the merge ledger: one profile became part of another. Holds what an unmerge needs. */
export interface MergeEntry extends Omit<Merge, 'into' | 'from' | 'settled' | 'recordedAt'> {
  readonly id: number
  readonly winner: ProfileId
  readonly loser: ProfileId
  /** Profiles that had been merged into the loser before. */
  readonly members: readonly ProfileId[]
  /** What the loser held and the winner took over. */
  readonly identifiers: readonly (Identifier & { readonly since: Date })[]
  readonly recordedAt: Date
}

/**
 * Who is who. Profiles are dense integers, identifiers belong to exactly one person, and a merged profile points to its
 * person in one hop. Consents, grants and messages keep the profile they came with and are found through the merge.
 */
export interface Profiles {
  /** The person that holds the identifier. */
  find(identifier: Identifier): Promise<ProfileId | undefined>
  /** All that the person of this profile holds, the oldest first. */
  identifiers(profile: ProfileId): Promise<Owner['identifiers']>
  /** The same for many, by the profile that was asked for; one statement whatever the number. Who holds nothing is absent. */
  identifiersOf(profiles: readonly ProfileId[]): Promise<ReadonlyMap<ProfileId, Owner['identifiers']>>
  /** Every person that holds one of the identifiers, with all that it holds; one statement whatever the number. */
  owners(identifiers: readonly Identifier[]): Promise<readonly Owner[]>
  /** New profiles, first seen at `firstSeen` (now where absent), or each at its own time; ids ascend in that order. */
  create(count: number, firstSeen?: Date | readonly Date[]): Promise<readonly ProfileId[]>
  /**
   * Gives identifiers to the persons of the profiles. One that the person holds already keeps the earlier `since`;
   * of two rows for the same identifier the first counts. What could not be attached comes back.
   */
  attach(rows: readonly Attachment[]): Promise<readonly AttachmentRefused[]>
  /** As `mergeAll` with one. */
  merge(merge: Merge): Promise<readonly MergeEntry[]>
  /**
   * Merges in the given order, in one transaction and a fixed number of statements. Profiles count as the persons they
   * belong to by then; whoever is one person already makes no entry. Unknown profiles are an error.
   */
  mergeAll(merges: readonly Merge[]): Promise<readonly MergeEntry[]>
  /**
   * For each group of profiles an instant, `earliest` (now where absent) or later, behind all that their persons have said on record, and
   * not before they became who they are. A merge of the group as of it tells what was said before from what is said since, whoever's clock is right.
   */
  behind(groups: readonly (readonly ProfileId[])[], earliest?: Date): Promise<readonly Date[]>
  /** The ledger of the person of this profile, the newest first. */
  merges(profile: ProfileId): Promise<readonly MergeEntry[]>
  /** Merges from which something follows that nobody has done yet, the oldest first. */
  unsettledMerges(): Promise<readonly { readonly id: number; readonly winner: ProfileId }[]>
  settleMerges(merges: readonly number[]): Promise<void>
  /** To which person each profile belongs; unknown profiles are absent. */
  resolve(profiles: readonly ProfileId[]): Promise<ReadonlyMap<ProfileId, ProfileId>>
  /** The person and all profiles that were merged into it, the person first. An unknown profile is alone. */
  family(profile: ProfileId): Promise<readonly ProfileId[]>
  /** Every person there is, in pages, by id. Who is made or merged meanwhile may be there or not. */
  pages(request?: { readonly limit?: number }): AsyncIterable<readonly ProfileId[]>
  /** Persons, that is: profiles that are not merged into another. */
  count(): Promise<number>
  /**
   * A number that grows with every change of who holds what. Nobody else can change it, or what it counts, until the end of the
   * transaction: what was read of owners at a version is right whenever the version is the same.
   */
  version(): Promise<number>
  /**
   * Waits until nobody else decides about identities in this workspace, and keeps them out until the end of the
   * transaction. For "look up, then create, attach or merge" outside of `ingest.openBatch`, which does it itself.
   */
  lock(): Promise<void>
}
