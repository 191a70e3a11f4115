import type { Identifier, Owner, ProfileId } from '@tenon/kernel/contracts'

type Held = Identifier & { readonly since: Date }

interface Person extends Owner {
  firstSeen: Date
  readonly identifiers: Held[]
}

/** Numbers of people who are not in the store yet: above every real one, because they are newer. */
const FIRST_NEW = 2 ** 52

/** The people whom a batch is about, as they are after the events so far: later events see what earlier ones did. */
export interface People {
  /** Everybody who holds one of the identifiers, each once. */
  owners(identifiers: readonly Identifier[]): readonly Owner[]
  /** Somebody new, by a provisional number. */
  create(firstSeen: Date): ProfileId
  attach(profile: ProfileId, identifiers: readonly Identifier[], since: Date): void
  merge(into: ProfileId, from: readonly ProfileId[]): void
  /** Whether somebody became part of this one in this batch. */
  hasJoined(profile: ProfileId): boolean
  /** Who the profile is by now. */
  personOf(profile: ProfileId): ProfileId
  /** Who is new or different, as they are now. */
  changed(): Iterable<Owner>
  /** Profiles that became part of another. */
  gone(): Iterable<ProfileId>
  /** Whether this owner is still somebody and holds as many identifiers: they are never taken away within a batch. */
  isUnchanged(owner: Owner, held: number): boolean
  /** Whether nothing of this batch concerned the profile so far, known here or not. */
  isUntouched(profile: ProfileId): boolean
  /** Those that were made, by their provisional numbers, in the order in which they were made. */
  readonly created: readonly { readonly profile: ProfileId; readonly firstSeen: Date }[]
}

export function createPeople(known: readonly Owner[]): People {
  const people = new Map<ProfileId, Person>()
  const holders = new Map<string, Person>()
  const merged = new Map<ProfileId, ProfileId>()
  const winners = new Set<ProfileId>()
  const touched = new Set<Person>()
  const created: { readonly profile: ProfileId; readonly firstSeen: Date }[] = []
  for (const { profile, firstSeen, identifiers } of known) {
    const person: Person = { profile, firstSeen, identifiers: [...identifiers] }
    people.set(profile, person)
    for (const identifier of identifiers) holders.set(keyOf(identifier), person)
  }

  const personOf = (profile: ProfileId): ProfileId => {
    let person = profile
    for (let next = merged.get(person); next !== undefined; next = merged.get(person)) person = next
    return person
  }
  const find = (profile: ProfileId): Person => {
    const person = people.get(personOf(profile))
    if (person === undefined) throw new RangeError('a plan names a profile that is not in the batch')
    return person
  }

  return {
    created,
    personOf,
    hasJoined: (profile) => winners.has(profile),
    changed: () => [...touched].filter((person) => people.get(person.profile) === person),
    gone: () => merged.keys(),
    isUntouched(profile) {
      const person = people.get(profile)
      return person === undefined ? !merged.has(profile) : !touched.has(person)
    },
    isUnchanged: (owner, held) => owner.identifiers.length === held && people.get(owner.profile) === owner,
    owners(identifiers) {
      const owners: Owner[] = []
      for (const identifier of identifiers) {
        const holder = holders.get(keyOf(identifier))
        if (holder !== undefined && !owners.includes(holder)) owners.push(holder)
      }
      return owners
    },
    create(firstSeen) {
      const profile = FIRST_NEW + created.length
      created.push({ profile, firstSeen })
      const person: Person = { profile, firstSeen, identifiers: [] }
      people.set(profile, person)
      touched.add(person)
      return profile
    },
    attach(profile, identifiers, since) {
      const person = find(profile)
      if (identifiers.length > 0) touched.add(person)
      for (const { type, value } of identifiers) {
        person.identifiers.push({ type, value, since })
        holders.set(keyOf({ type, value }), person)
      }
    },
    merge(into, from) {
      const winner = find(into)
      for (const profile of from) {
        const loser = find(profile)
        if (loser === winner) continue
        touched.add(winner)
        winner.identifiers.push(...loser.identifiers)
        if (loser.firstSeen < winner.firstSeen) winner.firstSeen = loser.firstSeen
        for (const identifier of loser.identifiers) holders.set(keyOf(identifier), winner)
        people.delete(loser.profile)
        merged.set(loser.profile, winner.profile)
        winners.add(winner.profile)
      }
    },
  }
}

export const keyOf = ({ type, value }: Identifier): string => `${type}\0${value}`
