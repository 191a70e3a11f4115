import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestPairs, byWeight } from './best-pairs.ts'
import { groupsOf } from './groups.ts'
import { oneToOne } from './one-to-one.ts'

const pair = fc
  .record({ left: fc.nat(30), right: fc.nat(30), weight: fc.integer({ min: -5, max: 5 }) })
  .filter(({ left, right }) => left < right)
const pairs = fc.uniqueArray(pair, { selector: ({ left, right }) => `${left} ${right}`, maxLength: 80 })

describe('bestPairs', () => {
  it('keeps what sorting everything would', () => {
    fc.assert(
      fc.property(pairs, fc.nat(20), (list, limit) => {
        const best = bestPairs(limit)
        for (const entry of list) best.add(entry)
        expect(best.pairs()).toEqual([...list].sort(byWeight).slice(0, limit))
      }),
    )
  })

  it('forgets the others on the way', () => {
    const best = bestPairs(2)
    for (let index = 0; index < 5_000; index += 1) best.add({ left: index, right: index + 1, weight: index % 1_000 })
    expect(best.pairs().map(({ left }) => left)).toEqual([999, 1_999])
  })
})

describe('oneToOne', () => {
  it('takes nobody twice, and leaves out only who is taken by a better pair', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const sorted = [...list].sort(byWeight)
        const kept = oneToOne(sorted)
        const people = kept.flatMap(({ left, right }) => [left, right])
        expect(new Set(people).size).toBe(people.length)
        for (const entry of sorted.filter((candidate) => !kept.includes(candidate))) {
          expect(
            kept.some(
              (better) => byWeight(better, entry) < 0 && [better.left, better.right].some((p) => p === entry.left || p === entry.right),
            ),
          ).toBe(true)
        }
      }),
    )
  })
})

describe('groupsOf', () => {
  it('joins what is joined, and nothing else', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const groups = groupsOf(list)
        for (const { left, right } of list) expect(groups.get(left)).toBe(groups.get(right))
        // Reached from each member by walking the pairs: the obvious way.
        for (const member of groups.keys()) {
          const reached = new Set([member])
          for (const one of reached) {
            for (const { left, right } of list) {
              if (left === one) reached.add(right)
              if (right === one) reached.add(left)
            }
          }
          expect(groups.get(member)).toBe(Math.min(...reached))
        }
      }),
    )
  })
})
