import type { MatchLimits, MatchOpinion } from './contract.ts'

/** `merge`: the station may act by itself. `review`: a person decides. `none`: nothing happens. */
export type MatchVerdict = 'merge' | 'review' | 'none'

/**
 * What the owner's limits say about a pair: the one reading of them for stations, console and tests. Without a merge
 * limit nothing merges by itself; what is not clearly allowed is not.
 */
export function matchVerdict({ probability }: Pick<MatchOpinion, 'probability'>, { review, merge }: MatchLimits): MatchVerdict {
  if (!(probability >= review)) return 'none'
  return merge !== undefined && probability >= merge ? 'merge' : 'review'
}
