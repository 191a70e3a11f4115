import type { MatchRecord } from '../matcher/contract.ts'
import type { ProfileId } from '../nouns/identifier.ts'
import { deepFreeze } from './deep-freeze.ts'
import { seededNumbers } from './draw.ts'

/** What a field holds, so that people can be made up for it. */
export type SampleFieldKind = 'given' | 'family' | 'email' | 'phone' | 'date' | 'postcode' | 'city' | 'street'

export interface SamplePeople {
  readonly records: readonly MatchRecord[]
  /** Pairs that are one person, the lower profile first. */
  readonly same: readonly (readonly [ProfileId, ProfileId])[]
}

const GIVEN = ['Anna', 'Boris', 'Chloe', 'Daniel', 'Elif', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kavya', 'Liang', 'Marta', 'Nils']
const FAMILY_START = ['Al', 'Ber', 'Cas', 'Dor', 'Eng', 'Fro', 'Gar', 'Hol', 'Iva', 'Jen', 'Kur', 'Lam', 'Mor', 'Nor', 'Oko', 'Pet']
const FAMILY_END = [
  'bert',
  'dahl',
  'etti',
  'feld',
  'ger',
  'hart',
  'ison',
  'kamp',
  'lund',
  'mann',
  'nov',
  'quist',
  'ridge',
  'strom',
  'ton',
  'wala',
]
const CITIES = ['Lisbon', 'Oslo', 'Krakow', 'Bremen', 'Utrecht', 'Graz']
const STREETS = ['Harbour Road', 'Mill Lane', 'Station Street', 'Orchard Way', 'Castle Hill', 'Garden Square', 'Bridge Street']

/**
 * Made-up people, seeded: `persons` of them, of whom the first `twice` have a second profile in which each value is missing
 * or mistyped now and then. Profiles count from 1; the second ones come last.
 */
export function samplePeople(
  fields: Readonly<Record<string, SampleFieldKind>>,
  options: { readonly persons: number; readonly twice: number; readonly seed?: number },
): SamplePeople {
  const { persons, twice, seed = 1 } = options
  const draw = seededNumbers(seed)
  const people = Array.from({ length: persons }, () => personOf(draw))
  const first = people.map((person, index) => recordOf(index + 1, fields, (kind) => person[kind]))
  const second = people.slice(0, twice).map((person, index) =>
    recordOf(persons + index + 1, fields, (kind) => {
      const chance = draw()
      if (chance < 0.05) return undefined
      return chance < 0.2 ? mistyped(person[kind], draw) : person[kind]
    }),
  )
  return deepFreeze({ records: [...first, ...second], same: second.map(({ profile }, index) => [index + 1, profile] as const) })
}

function recordOf(
  profile: ProfileId,
  fields: Readonly<Record<string, SampleFieldKind>>,
  choose: (kind: SampleFieldKind) => string | undefined,
): MatchRecord {
  const values = Object.entries(fields).flatMap(([field, kind]) => {
    const value = choose(kind)
    return value === undefined ? [] : [[field, [value]] as const]
  })
  return { profile, values: Object.fromEntries(values) }
}

function personOf(draw: () => number): Readonly<Record<SampleFieldKind, string>> {
  const oneOf = (list: readonly string[]): string => list[Math.floor(draw() * list.length)] ?? ''
  const digits = (count: number): string => Array.from({ length: count }, () => Math.floor(draw() * 10)).join('')
  const two = (below: number): string => String(1 + Math.floor(draw() * below)).padStart(2, '0')
  const given = oneOf(GIVEN)
  const family = `${oneOf(FAMILY_START)}${oneOf(FAMILY_END)}`
  return {
    given,
    family,
    email: `${given}.${family}${digits(2)}@example.test`.toLowerCase(),
    phone: `+4930${digits(8)}`,
    date: `${1940 + Math.floor(draw() * 65)}-${two(12)}-${two(28)}`,
    postcode: digits(5),
    city: oneOf(CITIES),
    street: `${oneOf(STREETS)} ${1 + Math.floor(draw() * 90)}`,
  }
}

/** Two neighbours change places; never the first, which is the one that people rarely get wrong. */
function mistyped(value: string, draw: () => number): string {
  const at = 1 + Math.floor(draw() * Math.max(1, value.length - 2))
  return `${value.slice(0, at)}${value[at + 1] ?? ''}${value[at] ?? ''}${value.slice(at + 2)}`
}
