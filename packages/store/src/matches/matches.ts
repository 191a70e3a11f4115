import type { MatchEvidence, ProfileId } from '@tenon/kernel/contracts'

/**
 * `accepted`: somebody said that the two are one. `merged`: the owner's limits allowed it. `rejected`: somebody said that they are
 * not. `unmerged`: the two were joined and it was taken back. `obsolete`: they became one in another way.
 */
export type MatchState = 'open' | 'accepted' | 'merged' | 'rejected' | 'unmerged' | 'obsolete'

export interface NewMatch {
  readonly left: ProfileId
  readonly right: ProfileId
  readonly probability: number
  /** In bits. */
  readonly weight: number
  readonly evidence: readonly MatchEvidence[]
}

/** Two persons of today that a matcher takes for one, and what became of it. */
export interface Match extends NewMatch {
  readonly id: number
  readonly matcher: string
  readonly state: MatchState
  readonly proposedAt: Date
  /** The last, also where it was proposed again afterwards for other evidence. */
  readonly decided?: { readonly at: Date; readonly by: string; readonly note?: string }
  /** The entry of the ledger that it made. */
  readonly merge?: number
}

/** What matchers proposed. Pairs are of the persons of the moment: what was said about two profiles holds for who they became. */
export interface Matches {
  /**
   * Keeps proposals of a matcher, or what it thinks of them now. Left out: pairs that are one person, pairs that somebody rejected
   * for the same evidence, and persons who were one and were taken apart. How many are open now.
   */
  propose(request: { readonly matcher: string; readonly at: Date; readonly matches: readonly NewMatch[] }): Promise<number>
  /** Forgets open proposals that were not made again since. How many. */
  sweep(request: { readonly matcher: string; readonly before: Date }): Promise<number>
  /** By weight, the heaviest first. `after` is the last of the page before. */
  list(request: {
    readonly state: MatchState
    readonly limit: number
    readonly matcher?: string
    readonly after?: { readonly weight: number; readonly id: number }
  }): Promise<readonly Match[]>
  /** Within a transaction nobody else decides about it until the end. */
  get(id: number): Promise<Match | undefined>
  decide(request: {
    readonly id: number
    readonly state: Exclude<MatchState, 'open' | 'unmerged'>
    readonly at: Date
    readonly by: string
    readonly note?: string
    readonly merge?: number
  }): Promise<void>
  /** How many proposals of the matcher are in each state. */
  counts(matcher: string): Promise<Readonly<Partial<Record<MatchState, number>>>>
  /** Whether somebody said that the two persons are not one: by a rejection, whoever proposed it, or by taking them apart. */
  areKeptApart(left: ProfileId, right: ProfileId): Promise<boolean>
}
