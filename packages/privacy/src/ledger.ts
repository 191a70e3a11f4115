import type { ProfileId, Receipt } from '@tenon/kernel/contracts'

/** What a person says, before the ledger gives it an id. */
export type NewReceipt = Omit<Receipt, 'id'>

/** A receipt with the profile that it came with: one of the person's. */
export interface Kept {
  readonly profile: ProfileId
  /** With its id, where it is on record. */
  readonly receipt: NewReceipt & { readonly id?: string }
  /** Recorded since the newest merge that stands: it was said by all that the person is. */
  readonly isOfAll: boolean
}

/** The part of a workspace's store that consent is kept in. */
export interface ConsentLedger {
  readonly consents: {
    /** Appends, as of now or of `recordedAt`; the same (profile, purpose, at, state, source) again changes nothing. */
    record(receipts: readonly ({ readonly profile: ProfileId } & NewReceipt)[], recordedAt?: Date): Promise<unknown>
    /**
     * Receipts by the ids that were asked for, the newest first. Of a merged profile those of the whole person: an
     * old id in a queue must not look like somebody who never objected.
     */
    of(profiles: readonly ProfileId[]): Promise<ReadonlyMap<ProfileId, readonly Receipt[]>>
    /** The same with the profile that each came with, which is theirs again when a merge is taken back. */
    kept(profiles: readonly ProfileId[]): Promise<ReadonlyMap<ProfileId, readonly Kept[]>>
    /** Everybody who ever said anything, in pages. */
    profilesWith(): AsyncIterable<readonly ProfileId[]>
  }
}

export interface ConsentStore {
  in(workspace: string): ConsentLedger & {
    /** In a transaction in which everybody stays who they are. */
    holding<T>(run: (ledger: ConsentLedger) => Promise<T>): Promise<T>
  }
}

const PAGE = 5_000

/** Reads the ledger in pages, so that no statement grows with the audience. */
export const readReceipts = (ledger: ConsentLedger, profiles: readonly ProfileId[]): Promise<ReadonlyMap<ProfileId, readonly Receipt[]>> =>
  inPages(profiles, ledger.consents.of)

export const readKept = (ledger: ConsentLedger, profiles: readonly ProfileId[]): Promise<ReadonlyMap<ProfileId, readonly Kept[]>> =>
  inPages(profiles, ledger.consents.kept)

async function inPages<T>(
  profiles: readonly ProfileId[],
  read: (page: readonly ProfileId[]) => Promise<ReadonlyMap<ProfileId, readonly T[]>>,
): Promise<ReadonlyMap<ProfileId, readonly T[]>> {
  if (profiles.length <= PAGE) return profiles.length === 0 ? new Map() : read(profiles)
  const answer = new Map<ProfileId, readonly T[]>()
  for (let from = 0; from < profiles.length; from += PAGE) {
    for (const [profile, held] of await read(profiles.slice(from, from + PAGE))) answer.set(profile, held)
  }
  return answer
}
