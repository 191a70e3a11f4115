import type { Sighting } from '@tenon/analytics'
import type { Identifier, IdentifierType } from '@tenon/kernel/contracts'

export const keyOf = ({ type, value }: Identifier): string => `${type}\0${value}`

/** Identifiers in the form in which profiles hold them, each once; those that identify nobody are left out. */
export function canonical(types: readonly IdentifierType[], identifiers: readonly Identifier[]): readonly Identifier[] {
  const byType = new Map(types.map((type) => [type.type, type]))
  const found = new Map<string, Identifier>()
  for (const { type, value } of identifiers) {
    const form = byType.get(type)?.normalise(value)
    if (form !== undefined) found.set(keyOf({ type, value: form }), { type, value: form })
  }
  return [...found.values()]
}

/** Sightings with canonical identifiers, in their order. */
export const canonicalSightings = (types: readonly IdentifierType[], sightings: readonly Sighting[]): readonly Sighting[] =>
  sightings.map((sighting) => ({ ...sighting, identifiers: canonical(types, sighting.identifiers) }))
