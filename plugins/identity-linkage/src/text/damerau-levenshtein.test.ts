import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { damerauLevenshtein, isWithinEdits } from './damerau-levenshtein.ts'

/**
 * The recurrence of Lowrance and Wagner as it is written: besides the three edits of Levenshtein any earlier crosswise pair of equal
 * letters may be swapped, at the price of all that lies between. Takes every such pair, not only the last.
 */
function reference(left: string, right: string): number {
  const known = new Map<string, number>()
  const distance = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j
    const key = `${i} ${j}`
    const before = known.get(key)
    if (before !== undefined) return before
    let best = Math.min(distance(i - 1, j) + 1, distance(i, j - 1) + 1, distance(i - 1, j - 1) + Number(left[i - 1] !== right[j - 1]))
    for (let k = 1; k < i; k += 1) {
      for (let l = 1; l < j; l += 1) {
        if (left[k - 1] === right[j - 1] && left[i - 1] === right[l - 1]) {
          best = Math.min(best, distance(k - 1, l - 1) + (i - k - 1) + 1 + (j - l - 1))
        }
      }
    }
    known.set(key, best)
    return best
  }
  return distance(left.length, right.length)
}

const text = fc.string({ maxLength: 9, unit: fc.constantFrom('a', 'b', 'c', 'd') })

describe('damerauLevenshtein', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['ca', 'abc', 2],
    ['smith', 'simth', 1],
    ['kitten', 'sitting', 3],
    ['19800312', '19803012', 1],
    ['a cat', 'an abct', 3],
  ])('counts the edits between "%s" and "%s"', (left, right, edits) => {
    expect(damerauLevenshtein(left, right)).toBe(edits)
  })

  it('agrees with the recurrence', () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect(damerauLevenshtein(left, right)).toBe(reference(left, right))
      }),
      { numRuns: 500 },
    )
  })

  it('is a metric', () => {
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(damerauLevenshtein(a, b)).toBe(damerauLevenshtein(b, a))
        expect(damerauLevenshtein(a, b) === 0).toBe(a === b)
        expect(damerauLevenshtein(a, c)).toBeLessThanOrEqual(damerauLevenshtein(a, b) + damerauLevenshtein(b, c))
      }),
    )
  })

  it('never gives up on texts that are near', () => {
    const any = fc.string({ maxLength: 8, unit: 'binary' })
    fc.assert(
      fc.property(fc.oneof(text, any), fc.oneof(text, any), fc.integer({ min: 0, max: 4 }), (left, right, edits) => {
        expect(isWithinEdits(left, right, edits)).toBe(damerauLevenshtein(left, right) <= edits)
      }),
      { numRuns: 500 },
    )
  })
})
