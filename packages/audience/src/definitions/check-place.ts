import { dependenciesOf, layersOf, namesOf, purposesOf } from './dependencies.ts'
import type { Live } from './live.ts'
import type { DefinitionProblem } from './problem.ts'
import { type KnownPurposes, missing, type Reference, referenceOf, spoken, stillNeeded, unknownPurpose } from './references.ts'

/** What else there is when a definition is put or taken out of use. */
export interface Surroundings {
  /** The tags and segments of the workspace, with what is before the change. */
  readonly others: readonly Live[]
  /** Of other stations. */
  readonly references: readonly Reference[]
}

/** What it refers to exists, it takes no name of another, it takes away no name that another needs, and it does not come round to itself. */
export function checkPlace(
  candidate: Live,
  { others, references, policies }: Surroundings & { readonly policies: KnownPurposes },
): readonly DefinitionProblem[] {
  const isBefore = (other: Live) => other.type === candidate.type && other.key === candidate.key
  const rest = others.filter((other) => !isBefore(other))
  const known = new Set([...rest, candidate].flatMap(namesOf))
  const taken = new Set(rest.flatMap(namesOf))
  const absent = [...new Set(dependenciesOf(candidate))].filter((name) => !known.has(name))
  const strange = [...new Set(purposesOf(candidate))].filter((purpose) => !policies.knows(purpose))
  const gone = others
    .filter(isBefore)
    .flatMap(namesOf)
    .filter((name) => !known.has(name))
  const layers = layersOf([candidate, ...rest])
  return [
    ...absent.map((name) => ({ path: 'definition', message: missing(name) })),
    ...strange.map((purpose) => ({ path: 'definition', message: unknownPurpose(purpose, policies) })),
    ...namesOf(candidate)
      .filter((name) => taken.has(name))
      .map((name) => ({ path: 'key', message: `${spoken(name)} is made by another definition` })),
    ...stillNeeded(gone, [...rest.map(referenceOf), ...references]).map(({ name, by }) => ({
      path: 'definition',
      message: `no longer makes ${spoken(name)}, which ${by} needs`,
    })),
    ...(layers.ok ? [] : [{ path: 'definition', message: `goes round in a circle: ${layers.cycle.join(' → ')}` }]),
  ]
}

/** Nobody needs what it makes. */
export function checkRemoval(live: Live, { others, references }: Surroundings): readonly DefinitionProblem[] {
  const rest = others.filter((other) => other.type !== live.type || other.key !== live.key)
  return stillNeeded(namesOf(live), [...rest.map(referenceOf), ...references]).map(({ name, by }) => ({
    path: 'key',
    message: `${by} needs ${spoken(name)}`,
  }))
}
