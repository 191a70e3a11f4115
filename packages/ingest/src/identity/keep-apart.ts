import type { Dropped, Identifier, IdentifierType } from '@tenon/kernel/contracts'
import type { BlockedPair } from '@tenon/store'
import { keyOf, type People } from './people.ts'

/** Which identifiers of an event are used, and which are not because somebody took the merge back that they would make again. */
export interface KeptApart {
  readonly used: readonly Identifier[]
  readonly dropped: readonly Dropped[]
  /** Of each identifier that is left out, the pair that it is one of. */
  readonly pairs: readonly BlockedPair[]
}

export type KeepApart = (identifiers: readonly Identifier[], people: People) => KeptApart

/**
 * Two persons who were one by mistake are not joined again by what had joined them: of such a pair in one event, the identifier of the
 * lower type (the later one of equals) is left out with the rule `unmerged`, and the event is the other's. Other evidence may join them.
 */
export function createKeepApart(blocked: readonly BlockedPair[], types: readonly IdentifierType[]): KeepApart {
  const partners = new Map<string, Set<string>>()
  const block = (left: Identifier, right: Identifier): void => {
    const of = partners.get(keyOf(left)) ?? new Set()
    partners.set(keyOf(left), of.add(keyOf(right)))
  }
  for (const [left, right] of blocked) {
    block(left, right)
    block(right, left)
  }
  const ranks = new Map(types.map(({ type }, rank) => [type, rank]))
  const rankOf = ({ type }: Identifier): number => ranks.get(type) ?? types.length

  return (identifiers, people) => {
    if (partners.size === 0 || !identifiers.some((identifier) => partners.has(keyOf(identifier))))
      return { used: identifiers, dropped: [], pairs: [] }
    const ranked = identifiers.toSorted((left, right) => rankOf(left) - rankOf(right))
    const used: Identifier[] = []
    const pairs: BlockedPair[] = []
    for (const identifier of ranked) {
      const apart = partners.get(keyOf(identifier))
      const clash = used.find((other) => apart?.has(keyOf(other)) === true && people.owners([identifier, other]).length > 1)
      if (clash === undefined) used.push(identifier)
      else pairs.push([clash, identifier])
    }
    const kept = new Set(used)
    return {
      used: identifiers.filter((identifier) => kept.has(identifier)),
      dropped: identifiers.flatMap((identifier) => (kept.has(identifier) ? [] : [{ ...identifier, rule: 'unmerged' }])),
      pairs,
    }
  }
}
