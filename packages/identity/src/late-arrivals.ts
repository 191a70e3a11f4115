import type { Sighting } from '@tenon/analytics'
import type { Identifier, ProfileId } from '@tenon/kernel/contracts'
import type { Separation } from '@tenon/store'
import { keyOf } from './canonical.ts'

/**
 * Identifiers that came while the two were one and go with the restored side: those whose first event came with identifiers of that
 * side alone. An identifier whose first event is not there any more stays, and so does one that came with both sides or with neither.
 */
export function lateIdentifiers({ identifiers }: Separation, sightings: readonly Sighting[]): readonly Identifier[] {
  const goes = new Set(identifiers.restored.map(keyOf))
  const stays = new Map(identifiers.remaining.map((held) => [keyOf(held), held]))
  const seen = new Set<string>()
  const late: Identifier[] = []
  for (const sighting of sightings) {
    const named = sighting.identifiers.filter((identifier) => goes.has(keyOf(identifier)) || stays.has(keyOf(identifier)))
    const first = named.filter((identifier) => {
      const held = stays.get(keyOf(identifier))
      return held !== undefined && !seen.has(keyOf(identifier)) && held.since.getTime() === sighting.first.at.getTime()
    })
    for (const identifier of named) seen.add(keyOf(identifier))
    const brought = new Set(first.map(keyOf))
    const known = named.filter((identifier) => !brought.has(keyOf(identifier)))
    if (known.length === 0 || !known.every((identifier) => goes.has(keyOf(identifier)))) continue
    for (const identifier of first) {
      stays.delete(keyOf(identifier))
      goes.add(keyOf(identifier))
      late.push(identifier)
    }
  }
  return late
}

/**
 * Events that were resolved to the survivor and are the restored person's: they name an identifier of that person, and none that remains with the
 * survivor. What others hold by now, or nobody, says nothing about the two. `returning` are the profiles whose events come back by themselves.
 */
export function lateEvents(request: {
  readonly sightings: readonly Sighting[]
  readonly returning: ReadonlySet<ProfileId>
  readonly restored: readonly Identifier[]
  /** What the survivor holds; what is restored may be among it. */
  readonly remaining: readonly Identifier[]
}): readonly Sighting[] {
  const { sightings, returning } = request
  const restored = new Set(request.restored.map(keyOf))
  const remaining = new Set(request.remaining.map(keyOf).filter((key) => !restored.has(key)))
  return sightings.filter(({ profile, identifiers }) => {
    if (returning.has(profile)) return false
    const named = identifiers.map(keyOf)
    return named.some((key) => restored.has(key)) && !named.some((key) => remaining.has(key))
  })
}
