import { compareInto, UNKNOWN } from '../people/compare-people.ts'
import type { Field } from '../people/field.ts'
import type { People } from '../people/people.ts'

/** How two people agree, field by field, and how many pairs do so. A level of -1 is unknown. */
export interface Pattern {
  readonly levels: Int8Array
  count: number
}

/** Counts pairs by how they agree: estimation needs nothing else of them. */
export function patternCounter(fields: readonly Field[], people: People) {
  const found = new Map<string, Pattern>()
  const levels = new Int8Array(fields.length)
  return {
    add(left: number, right: number): void {
      compareInto(levels, fields, people, left, right)
      const key = levels.join()
      const known = found.get(key)
      if (known === undefined) found.set(key, { levels: levels.slice(), count: 1 })
      else known.count += 1
    },
    patterns: (): readonly Pattern[] => [...found.values()],
  }
}

/** What nobody has seen is not impossible: half a pair more for each level (R. Krichevsky and V. Trofimov 1981). */
export const UNSEEN = 0.5

/** The shares of the levels of each field among pairs, each pattern weighted; unknown ones left out, none quite impossible. */
export function levelShares(patterns: readonly Pattern[], sizes: readonly number[], weightOf: (pattern: Pattern) => number): number[][] {
  const sums = sizes.map((size) => new Array<number>(size).fill(UNSEEN))
  for (const pattern of patterns) {
    const weight = weightOf(pattern) * pattern.count
    for (const [field, shares] of sums.entries()) {
      const level = pattern.levels[field] ?? UNKNOWN
      if (level !== UNKNOWN) shares[level] = (shares[level] ?? 0) + weight
    }
  }
  return sums.map(normalised)
}

export function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}
