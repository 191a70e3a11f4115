/** Two people by index, and their weight in bits. */
export interface WeighedPair {
  readonly left: number
  readonly right: number
  readonly weight: number
}

/** The heaviest first; equal ones in the order of their people. */
export const byWeight = (a: WeighedPair, b: WeighedPair): number => b.weight - a.weight || a.left - b.left || a.right - b.right

/** Keeps the heaviest `limit` of all pairs that it is given, in the memory of twice as many. */
export function bestPairs(limit: number) {
  const kept: WeighedPair[] = []
  const cut = (): void => {
    kept.sort(byWeight)
    kept.length = Math.min(kept.length, limit)
  }
  return {
    add(pair: WeighedPair): void {
      kept.push(pair)
      if (kept.length > 2 * limit + 1_000) cut()
    },
    /** The heaviest first. */
    pairs(): readonly WeighedPair[] {
      cut()
      return kept
    },
  }
}
