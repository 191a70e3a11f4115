import type { Identifier, ProfileId } from '@tenon/kernel/contracts'
import type { KnownPerson } from './known-people.ts'

export interface Joins {
  /** People too many that a profile holds, over all profiles. */
  readonly wrong: number
  /** Profiles too many of a person, and identifiers that nobody holds, over all people. */
  readonly missed: number
}

export const keyOf = ({ type, value }: Identifier): string => `${type}\0${value}`

/** Holds who holds what against who should. */
export function judgeJoins(people: readonly KnownPerson[], holders: ReadonlyMap<string, ProfileId>): Joins {
  const peopleOf = new Map<ProfileId, number>()
  let missed = 0
  for (const { identifiers } of people) {
    const held = identifiers.flatMap((identifier) => holders.get(keyOf(identifier)) ?? [])
    const profiles = new Set(held)
    missed += identifiers.length - held.length + Math.max(0, profiles.size - 1)
    for (const profile of profiles) peopleOf.set(profile, (peopleOf.get(profile) ?? 0) + 1)
  }
  const wrong = [...peopleOf.values()].reduce((sum, count) => sum + count - 1, 0)
  return { wrong, missed }
}
