import type { Identifier, Owner } from '@tenon/kernel/contracts'
import type { Rules } from './rules.ts'

/**
 * Identifiers of an event that stand or fall together: those that one profile holds already, or a single one that
 * nobody holds yet. A value has one holder, so groups share no values.
 */
export interface Group {
  readonly identifiers: readonly Identifier[]
  readonly owner: Owner | undefined
}

/** The strongest first. Depends on what is in the event, never on the order in which it came. */
export function groupsOf(identifiers: readonly Identifier[], owners: readonly Owner[], rules: Rules): readonly Group[] {
  const owned = new Map<Owner, Identifier[]>()
  const groups: Group[] = []
  for (const identifier of identifiers) {
    const owner = owners.find(({ identifiers: held }) =>
      held.some(({ type, value }) => value === identifier.value && type === identifier.type),
    )
    const known = owner === undefined ? undefined : owned.get(owner)
    if (known !== undefined) {
      known.push(identifier)
      continue
    }
    const members = [identifier]
    if (owner !== undefined) owned.set(owner, members)
    groups.push({ identifiers: members, owner })
  }
  return groups.length < 2 ? groups : groups.sort((left, right) => compareGroups(left, right, rules))
}

export const keyOf = ({ type, value }: Identifier): string => `${type}\u0000${value}`

export const rankOf = (type: string, rules: Rules): number => rules.types.get(type)?.rank ?? Number.POSITIVE_INFINITY

/** By type, then by value: the order of identifiers within a group. */
export const compareIdentifiers = (left: Identifier, right: Identifier, rules: Rules): number =>
  compare(rankOf(left.type, rules), rankOf(right.type, rules)) || compare(left.value, right.value)

/** By the strongest identifier of the event; among equals who was known first, strangers last. */
function compareGroups(left: Group, right: Group, rules: Rules): number {
  return (
    compare(bestRank(left.identifiers, rules), bestRank(right.identifiers, rules)) ||
    compare(left.owner?.firstSeen.getTime() ?? Number.POSITIVE_INFINITY, right.owner?.firstSeen.getTime() ?? Number.POSITIVE_INFINITY) ||
    compare(left.owner?.profile ?? 0, right.owner?.profile ?? 0) ||
    compare(left.identifiers[0]?.value ?? '', right.identifiers[0]?.value ?? '')
  )
}

export const bestRank = (identifiers: readonly Identifier[], rules: Rules): number =>
  Math.min(...identifiers.map(({ type }) => rankOf(type, rules)))

export const compare = <T extends number | string>(left: T, right: T): number => (left < right ? -1 : left > right ? 1 : 0)
