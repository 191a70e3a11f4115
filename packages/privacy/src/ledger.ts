import type { ProfileId, Receipt } from '@tenon/kernel/contracts'

/** What a person says, before the ledger gives it an id. */
export type NewReceipt = Omit<Receipt, 'id'>

/** The part of a workspace's store that consent is kept in. */
export interface ConsentLedger {
  readonly consents: {
    /** Appends; the same (profile, purpose, at, state, source) again changes nothing. */
    record(receipts: readonly ({ readonly profile: ProfileId } & NewReceipt)[]): Promise<unknown>
    /**
     * Receipts by the ids that were asked for, the newest first. Of a merged profile those of the whole person: an
     * old id in a queue must not look like somebody who never objected.
     */
    of(profiles: readonly ProfileId[]): Promise<ReadonlyMap<ProfileId, readonly Receipt[]>>
    /** Everybody who ever said anything, in pages. */
    profilesWith(): AsyncIterable<readonly ProfileId[]>
  }
}

export interface ConsentStore {
  in(workspace: string): ConsentLedger
}

const PAGE = 5_000

/** Reads the ledger in pages, so that no statement grows with the audience. */
export async function readReceipts(
  ledger: ConsentLedger,
  profiles: readonly ProfileId[],
): Promise<ReadonlyMap<ProfileId, readonly Receipt[]>> {
  if (profiles.length <= PAGE) return profiles.length === 0 ? new Map() : ledger.consents.of(profiles)
  const answer = new Map<ProfileId, readonly Receipt[]>()
  for (let from = 0; from < profiles.length; from += PAGE) {
    for (const [profile, receipts] of await ledger.consents.of(profiles.slice(from, from + PAGE))) answer.set(profile, receipts)
  }
  return answer
}
