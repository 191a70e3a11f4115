import { describe, expect, it } from 'vitest'
import { random } from './random.ts'

const many = <T>(count: number, make: () => T): readonly T[] => Array.from({ length: count }, make)
const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length

describe('random', () => {
  it('has a stream for every seed and path', () => {
    const first = (...path: [number, ...(string | number)[]]): readonly number[] => {
      const chance = random(...path)
      return many(5, chance.next)
    }
    expect(first(1, 'a')).toEqual(first(1, 'a'))
    const streams = [first(1), first(2), first(1, 'a'), first(1, 'b'), first(1, 'a', 2), first(1, 'a2')]
    expect(new Set(streams.map(String)).size).toBe(streams.length)
  })

  it('stays the same from version to version', () => {
    const chance = random(42, 'pinned')
    expect(many(3, () => Math.floor(chance.next() * 1e6))).toMatchInlineSnapshot(`
      [
        190104,
        482774,
        959442,
      ]
    `)
  })

  it('draws as the distributions say', () => {
    const chance = random(7)
    expect(mean(many(20_000, chance.next))).toBeCloseTo(0.5, 1)
    expect(mean(many(20_000, () => chance.exponential(3)))).toBeCloseTo(3, 0)
    expect(mean(many(20_000, () => chance.poisson(4)))).toBeCloseTo(4, 0)
    expect(mean(many(20_000, () => Number(chance.pareto(2, 1) > 2)))).toBeCloseTo(0.25, 1)
    const counts = [0, 0, 0]
    for (const index of many(9_000, () => chance.weighted([1, 0, 2]))) counts[index] = (counts[index] ?? 0) + 1
    expect(counts[1]).toBe(0)
    expect((counts[2] ?? 0) / (counts[0] ?? 1)).toBeCloseTo(2, 0)
    expect(new Set(many(1_000, () => chance.integer(1, 3)))).toEqual(new Set([1, 2, 3]))
  })
})
