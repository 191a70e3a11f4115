import type { Identifier, IdentifierType } from '@tenon/kernel/contracts'
import { isStorableIdentifier } from '@tenon/store'
import { keyOf } from './people.ts'

/** The same list for the same identifiers: what was found out about one event is found again by it. */
export type Normalise = (identifiers: readonly Identifier[]) => readonly Identifier[]

/**
 * Canonical forms of known types, without repetition and in the order of the sender. Remembers what it has seen: in one
 * batch the same people come again and again.
 */
export function createNormaliser(types: readonly IdentifierType[]): Normalise {
  const byType = new Map(types.map((type) => [type.type, type]))
  const seen = new Map<string, Identifier | undefined>()
  const lists = new Map<string, readonly Identifier[]>()
  const canonical = (identifier: Identifier): Identifier | undefined => {
    const key = keyOf(identifier)
    if (seen.has(key)) return seen.get(key)
    const value = byType.get(identifier.type)?.normalise(identifier.value)
    const found = value === undefined ? undefined : { type: identifier.type, value }
    const usable = found !== undefined && isStorableIdentifier(found) ? found : undefined
    seen.set(key, usable)
    return usable
  }
  const canonicalList = (identifiers: readonly Identifier[]): readonly Identifier[] => {
    const found: Identifier[] = []
    for (const identifier of identifiers) {
      const one = canonical(identifier)
      if (one !== undefined && !found.some(({ type, value }) => type === one.type && value === one.value)) found.push(one)
    }
    return found
  }
  return (identifiers) => {
    const key = keyOfList(identifiers)
    const known = lists.get(key)
    if (known !== undefined) return known
    const list = canonicalList(identifiers)
    lists.set(key, list)
    return list
  }
}

/** With lengths: whatever is in a value, it can not look like two. */
export function keyOfList(identifiers: readonly Identifier[]): string {
  let key = ''
  for (const { type, value } of identifiers) key += `${type.length}:${type}${value.length}:${value}`
  return key
}
