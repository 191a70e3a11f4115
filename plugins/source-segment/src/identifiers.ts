import type { EventType, Identifier, Json, Properties } from '@tenon/kernel/contracts'
import { field, isList, isObject } from './json.ts'

/** Where identifiers of one type are found. */
export interface IdentifierPaths {
  readonly type: string
  readonly paths: readonly (readonly string[])[]
}

export const compilePaths = (paths: Readonly<Record<string, readonly string[]>>): readonly IdentifierPaths[] =>
  Object.entries(paths).map(([type, list]) => ({ type, paths: list.map((path) => path.split('.')) }))

/** Names of a person that the event carries in its own fields. */
export interface NamedIds {
  readonly userId: string | undefined
  readonly anonymousId: string | undefined
  readonly previousId: string | undefined
}

/**
 * All identifiers of an event, without repetition. The `previousId` of an alias may be a user's or an anonymous id, and the
 * protocol does not say which: it is given as both, and identity uses the one that it knows.
 */
export function readIdentifiers(
  type: EventType,
  raw: Properties,
  ids: NamedIds,
  places: readonly IdentifierPaths[],
): readonly Identifier[] {
  const found: Identifier[] = []
  add(found, 'user_id', ids.userId)
  add(found, 'anonymous_id', ids.anonymousId)
  if (ids.previousId !== undefined && ids.previousId !== ids.userId) {
    if (ids.previousId !== ids.anonymousId) add(found, 'user_id', ids.previousId)
    add(found, 'anonymous_id', ids.previousId)
  }
  for (const { type: kind, paths } of places) {
    for (const path of paths) if (!(type === 'group' && path[0] === 'traits')) add(found, kind, textAt(raw, path))
  }
  addExternalIds(found, raw)
  return found
}

function add(found: Identifier[], type: string, value: string | undefined): void {
  if (value === undefined) return
  for (const known of found) if (known.type === type && known.value === value) return
  found.push({ type, value })
}

function addExternalIds(found: Identifier[], raw: Properties): void {
  const context = field(raw, 'context')
  const list = isObject(context) ? field(context, 'externalIds') : undefined
  if (!isList(list)) return
  for (const entry of list) {
    if (!isObject(entry) || (field(entry, 'collection') ?? 'users') !== 'users') continue
    const kind = field(entry, 'type')
    if (typeof kind === 'string' && kind !== '') add(found, kind, identifierText(field(entry, 'id')))
  }
}

function textAt(raw: Properties, path: readonly string[]): string | undefined {
  let value: Json | undefined = raw
  for (const name of path) value = isObject(value) ? field(value, name) : undefined
  return identifierText(value)
}

/** Text, or a whole number that was kept exactly; anything else identifies nobody. */
export function identifierText(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return Number.isSafeInteger(value) ? String(value) : undefined
}
