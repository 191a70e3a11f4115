import { dependenciesOf, layersOf, type NodeName, namesOf } from './dependencies.ts'
import type { Live } from './live.ts'
import type { DefinitionProblem } from './problem.ts'

/** What it refers to exists, it takes no name of another, it takes away no name that another needs, and it does not come round to itself. */
export function checkPlace(candidate: Live, others: readonly Live[]): readonly DefinitionProblem[] {
  const isBefore = (other: Live) => other.type === candidate.type && other.key === candidate.key
  const rest = others.filter((other) => !isBefore(other))
  const known = new Set([...rest, candidate].flatMap(namesOf))
  const taken = new Set(rest.flatMap(namesOf))
  const missing = [...new Set(dependenciesOf(candidate))].filter((name) => !known.has(name))
  const gone = others
    .filter(isBefore)
    .flatMap(namesOf)
    .filter((name) => !known.has(name))
  const layers = layersOf([candidate, ...rest])
  return [
    ...missing.map((name) => ({ path: 'definition', message: `refers to ${spoken(name)}, which does not exist` })),
    ...namesOf(candidate)
      .filter((name) => taken.has(name))
      .map((name) => ({ path: 'key', message: `${spoken(name)} is made by another definition` })),
    ...stillNeeded(gone, rest).map(({ name, by }) => ({
      path: 'definition',
      message: `no longer makes ${spoken(name)}, which ${by} needs`,
    })),
    ...(layers.ok ? [] : [{ path: 'definition', message: `goes round in a circle: ${layers.cycle.join(' → ')}` }]),
  ]
}

/** Nobody needs what it makes. */
export function checkRemoval(live: Live, others: readonly Live[]): readonly DefinitionProblem[] {
  const rest = others.filter((other) => other.type !== live.type || other.key !== live.key)
  return stillNeeded(namesOf(live), rest).map(({ name, by }) => ({ path: 'key', message: `${by} needs ${spoken(name)}` }))
}

const stillNeeded = (names: readonly NodeName[], by: readonly Live[]) =>
  by.flatMap((other) => {
    const needs = new Set(dependenciesOf(other))
    return names.filter((name) => needs.has(name)).map((name) => ({ name, by: `${other.type} ${other.key}` }))
  })

const spoken = (name: NodeName): string => name.replace(':', ' ')
