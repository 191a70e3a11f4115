import type { InstanceId } from '@tenon/kernel'
import type { Candidate, ItemId, Reason } from '@tenon/kernel/contracts'

export interface Blended {
  readonly item: ItemId
  readonly score: number
  readonly sources: readonly InstanceId[]
  readonly reasons: readonly Reason[]
}

/** Of Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", SIGIR 2009. */
const rankOffset = 60

/**
 * Reciprocal rank fusion: score = Σ weight / (60 + rank), ranks from 1. It needs no comparable scores, so it is what Tenon uses
 * until weights have been learned. Ties keep the order of the sources.
 */
export function blend(
  answers: readonly { readonly source: InstanceId; readonly weight: number; readonly candidates: readonly Candidate[] }[],
): readonly Blended[] {
  const found = new Map<ItemId, { score: number; sources: InstanceId[]; reasons: Reason[] }>()
  for (const { source, weight, candidates } of answers) {
    candidates.forEach(({ item, reasons }, index) => {
      const known = found.get(item) ?? { score: 0, sources: [], reasons: [] }
      known.score += weight / (rankOffset + index + 1)
      known.sources.push(source)
      known.reasons.push(...reasons)
      found.set(item, known)
    })
  }
  return [...found].map(([item, rest]) => ({ item, ...rest })).sort((a, b) => b.score - a.score)
}
