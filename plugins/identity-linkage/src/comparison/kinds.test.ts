import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldOf, levelOf } from '../people/field.ts'
import { type FieldKind, fieldKinds } from './kinds.ts'

const level = (kind: FieldKind, left: string, right: string): string => {
  const { comparison, levels } = fieldOf({ key: 'x', kind, from: { trait: 'x' } })
  const [a, b] = [comparison.canonical(left), comparison.canonical(right)]
  return a === undefined || b === undefined ? 'UNKNOWN' : (levels[levelOf(comparison, a, b)] ?? '')
}

describe('comparisons', () => {
  it.each<[FieldKind, string, string, string]>([
    ['name', 'Zoë', 'zoe', 'EXACT'],
    ['name', 'Martha', 'Marhta', 'ALIKE_92'],
    ['name', 'Catherine', 'Katherine', 'ALIKE_92'],
    ['name', 'Elizabeth', 'Elisabet', 'ALIKE_88'],
    ['name', 'Steven', 'Stephen', 'ALIKE_88'],
    ['name', 'Alexander', 'Alessandro', 'ALIKE_70'],
    ['name', 'Jones', 'Johnson', 'ALIKE_70'],
    ['name', 'Oliver', 'Olga', 'DIFFERENT'],
    ['name', 'Martha', 'Oleg', 'DIFFERENT'],
    ['text', 'Mill Lane 3', 'Mil Lane 3', 'ONE_EDIT'],
    ['text', 'Market Square', 'Market Street', 'ALIKE_90'],
    ['text', 'Station Road', 'Station Avenue', 'ALIKE_80'],
    ['text', 'High Street 12', 'Street High 12', 'DIFFERENT'],
    ['category', 'nsw', 'vic', 'DIFFERENT'],
    ['date', '1980-03-12', '1980-03-21', 'ONE_EDIT'],
    ['date', '1980-03-12', '1980-12-03', 'DAY_MONTH_SWAPPED'],
    ['date', '1980-03-28', '1980-04-02', 'WITHIN_31_DAYS'],
    ['date', '1980-03-28', '1980-12-15', 'WITHIN_A_YEAR'],
    ['date', '1980-03-28', '1999-12-15', 'DIFFERENT'],
    ['date', '1980-03-28', 'unknown', 'UNKNOWN'],
    ['number', 'AB 12345', 'ab-12354', 'ONE_EDIT'],
    ['number', '123456', '124356', 'ONE_EDIT'],
    ['number', '123456', '135456', 'TWO_EDITS'],
    ['phone', '+49 30 12345678', '0049-30-12345678', 'EXACT'],
    ['phone', '030 12345678', '+49 30 12345678', 'SAME_END'],
    ['phone', '+49 30 12345678', '+49 30 12345679', 'ONE_EDIT'],
    ['phone', '+49 30 12345678', '+49 30 12345687', 'ONE_EDIT'],
    ['phone', '1234567', '234567', 'ONE_EDIT'],
    ['phone', '+49 30 12345678', '+49 30 12345699', 'DIFFERENT'],
    ['postcode', '10115', '10999', 'SAME_AREA'],
    ['postcode', '10115', '10151', 'ONE_EDIT'],
    ['email', 'an.li@a.test', 'an.li@b.test', 'SAME_MAILBOX'],
    ['email', 'an.li@a.test', 'an.lo@b.test', 'ALIKE_92'],
  ])('of a %s: %s and %s are %s', (kind, left, right, expected) => {
    expect(level(kind, left, right)).toBe(expected)
  })

  it('say the same whichever comes first', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 10 }),
      fc.stringMatching(/^(19|20)\d\d-[01]\d-[0-3]\d$/),
      fc.stringMatching(/^[ab]{1,4}@[ab]\.test$/),
    )
    fc.assert(
      fc.property(fc.constantFrom(...fieldKinds), text, text, (kind, left, right) => {
        expect(level(kind, left, right)).toBe(level(kind, right, left))
      }),
      { numRuns: 500 },
    )
  })
})
