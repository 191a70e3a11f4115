import type { WeighedPair } from './best-pairs.ts'

/** Of pairs with the heaviest first those whose people are both still alone: no two of what is left share anybody. */
export function oneToOne(pairs: readonly WeighedPair[]): readonly WeighedPair[] {
  const taken = new Set<number>()
  return pairs.filter(({ left, right }) => {
    if (taken.has(left) || taken.has(right)) return false
    taken.add(left).add(right)
    return true
  })
}
