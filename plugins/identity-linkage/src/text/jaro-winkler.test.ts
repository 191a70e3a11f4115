import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jaro, jaroWinkler } from './jaro-winkler.ts'

/** Winkler's own table, with three places. */
const PUBLISHED: readonly [string, string, number, number][] = [
  ['MARTHA', 'MARHTA', 0.944, 0.961],
  ['DIXON', 'DICKSONX', 0.767, 0.813],
  ['DWAYNE', 'DUANE', 0.822, 0.84],
  ['JONES', 'JOHNSON', 0.79, 0.832],
  ['ABROMS', 'ABRAMS', 0.889, 0.922],
  ['HARDIN', 'MARTINEZ', 0.722, 0.722],
  ['SHACKLEFORD', 'SHACKELFORD', 0.97, 0.982],
  ['DUNNINGHAM', 'CUNNIGHAM', 0.896, 0.896],
  ['NICHLESON', 'NICHULSON', 0.926, 0.956],
  ['MASSEY', 'MASSIE', 0.889, 0.933],
]

describe('Jaro and Winkler', () => {
  it.each(PUBLISHED)('say of %s and %s what was published', (left, right, plain, raised) => {
    expect(Math.abs(jaro(left, right) - plain)).toBeLessThanOrEqual(0.000501)
    expect(Math.abs(jaroWinkler(left, right) - raised)).toBeLessThanOrEqual(0.000501)
  })

  it('know nothing and everything in common', () => {
    expect(jaroWinkler('', '')).toBe(1)
    expect(jaroWinkler('', 'a')).toBe(0)
    expect(jaroWinkler('abc', 'xyz')).toBe(0)
    expect(jaroWinkler('a', 'a')).toBe(1)
  })

  it('stay between 0 and 1, whichever text comes first; only equal texts reach 1', () => {
    const text = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b', 'c', 'd') })
    fc.assert(
      fc.property(text, text, (left, right) => {
        const similarity = jaroWinkler(left, right)
        expect(similarity).toBeGreaterThanOrEqual(jaro(left, right))
        expect(similarity).toBeLessThanOrEqual(1)
        expect(similarity).toBe(jaroWinkler(right, left))
        if (similarity === 1) expect(left).toBe(right)
      }),
    )
  })
})
