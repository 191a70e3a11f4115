import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { globOf } from './glob.ts'

describe('a pattern', () => {
  it.each([
    ['phone', 'Phone', true],
    ['phone', 'phones', false],
    ['*phone*', 'homePhoneNumber', true],
    ['*_id', 'tax_id', true],
    ['a*b*c', 'axxbyyc', true],
    ['a*b*c', 'ac', false],
    ['ab*ba', 'aba', false],
    ['*', '', true],
    ['**', 'x', true],
  ])('%s of %s: %s', (pattern, text, expected) => {
    expect(globOf(pattern)(text)).toBe(expected)
  })

  it('is what the same regular expression says', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '*'), maxLength: 8 })
    fc.assert(
      fc.property(letters, letters, (pattern, given) => {
        const text = given.replaceAll('*', 'c')
        expect(globOf(pattern)(text)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text))
      }),
      { numRuns: 2_000 },
    )
  })
})
