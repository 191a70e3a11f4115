import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededBelow } from '../random.ts'
import { expectationMaximisation, type LevelProbabilities, posterior } from './expectation-maximisation.ts'
import type { Pattern } from './patterns.ts'

const M: LevelProbabilities = [
  [0.85, 0.1, 0.05],
  [0.7, 0.2, 0.1],
  [0.9, 0.1],
  [0.6, 0.3, 0.1],
]
const U: LevelProbabilities = [
  [0.01, 0.04, 0.95],
  [0.05, 0.1, 0.85],
  [0.1, 0.9],
  [0.002, 0.018, 0.98],
]
const START: LevelProbabilities = M.map((own) => own.map(() => 1 / own.length))

/** Pairs drawn from known probabilities; now and then a field is unknown. */
function drawn(share: number, pairs: number, unknown = 0.1, seed = 7): readonly Pattern[] {
  const below = seededBelow(seed)
  const draw = (): number => below(2 ** 30) / 2 ** 30
  const found = new Map<string, Pattern>()
  for (let pair = 0; pair < pairs; pair += 1) {
    const own = draw() < share ? M : U
    const levels = Int8Array.from(own, (probabilities) => (draw() < unknown ? -1 : levelAt(probabilities, draw())))
    const key = levels.join()
    const known = found.get(key)
    if (known === undefined) found.set(key, { levels, count: 1 })
    else known.count += 1
  }
  return [...found.values()]
}

function levelAt(probabilities: readonly number[], chance: number): number {
  let sum = 0
  return probabilities.findIndex((probability, level) => {
    sum += probability
    return chance < sum || level === probabilities.length - 1
  })
}

describe('expectation maximisation', () => {
  it.each([0.5, 0.1, 0.02])('finds the share %d of one person and how people agree, without labels', (share) => {
    const estimate = expectationMaximisation({ patterns: drawn(share, 200_000), u: U, start: { share: 0.3, m: START } })
    expect(Math.abs(estimate.share - share)).toBeLessThan(0.1 * share)
    for (const [field, own] of M.entries()) {
      for (const [level, probability] of own.entries()) {
        expect(Math.abs((estimate.m[field]?.[level] ?? 0) - probability)).toBeLessThan(0.03)
      }
    }
  })

  it('never becomes less likely, from wherever it starts', () => {
    const level = fc.integer({ min: 1, max: 100 })
    const probabilities = (size: number) =>
      fc.array(level, { minLength: size, maxLength: size }).map((weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        return weights.map((weight) => weight / total)
      })
    const all = fc.tuple(...M.map((own) => probabilities(own.length)))
    const share = fc.double({ min: 0.001, max: 0.999, noNaN: true })
    fc.assert(
      fc.property(all, all, share, fc.integer(), (m, u, start, seed) => {
        const { logLikelihood } = expectationMaximisation({
          patterns: drawn(0.2, 300, 0.2, seed),
          u,
          start: { share: start, m },
          rounds: 30,
        })
        for (let round = 1; round < logLikelihood.length; round += 1) {
          expect(logLikelihood[round]).toBeGreaterThanOrEqual((logLikelihood[round - 1] ?? 0) - 1e-9 * 300)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('keeps probabilities that add up to one', () => {
    const { m } = expectationMaximisation({ patterns: drawn(0.3, 5_000), u: U, start: { share: 0.5, m: START } })
    for (const own of m) expect(own.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 9)
  })

  it('learns nothing from nothing', () => {
    expect(expectationMaximisation({ patterns: [], u: U, start: { share: 0.3, m: START } })).toEqual({
      share: 0.3,
      m: START,
      logLikelihood: [],
    })
  })
})

describe('posterior', () => {
  it('is the rule of Bayes', () => {
    const share = 0.02
    const [ours, theirs] = [share * 0.85 * 0.9, (1 - share) * 0.01 * 0.1]
    expect(posterior(share, M, U, Int8Array.of(0, -1, 0, -1))).toBeCloseTo(ours / (ours + theirs), 12)
    expect(posterior(share, M, U, Int8Array.of(-1, -1, -1, -1))).toBeCloseTo(share, 12)
  })
})
