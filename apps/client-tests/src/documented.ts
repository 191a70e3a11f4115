import type { Identifier, StoredEvent } from './collector.ts'
import { isRecord } from './network/exchange.ts'

export type Bag = Readonly<Record<string, unknown>>

/** An event without what its sender does not decide: when it came, and through which source. */
export type Documented = Omit<StoredEvent, 'timestamp' | 'receivedAt' | 'source'>

/** What the specification says comes out of an event: this and nothing else. */
export function documented(sent: Bag): Documented {
  const type = String(typeOf(sent))
  const context = bagOf(sent.context)
  const integrations = bagOf(sent.integrations)
  const traits = bagOf(sent.traits)
  const isSeen = type === 'page' || type === 'screen'
  return {
    messageId: String(sent.messageId),
    type,
    name: textOf(type === 'track' ? sent.event : isSeen ? sent.name : undefined) ?? type,
    identifiers: sorted(identifiersOf(type, sent)),
    properties: { ...bagOf(sent.properties), ...(isSeen && textOf(sent.category) ? { category: sent.category } : {}) },
    traits: type === 'identify' ? { ...bagOf(context.traits), ...traits } : {},
    context: Object.keys(integrations).length > 0 ? { integrations, ...context } : context,
    ...(type === 'group' ? { group: { id: String(sent.groupId), traits } } : {}),
  }
}

/** What came out, in the same form. */
export function cameOut({ timestamp: _happened, receivedAt: _received, source: _through, ...event }: StoredEvent): Documented {
  return { ...event, identifiers: sorted(event.identifiers) }
}

export const typeOf = (sent: Bag): unknown => sent.type ?? sent.action
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
export const bagOf = (value: unknown): Bag => (isRecord(value) ? value : {})

/** Everybody whom the event names, once each. */
function identifiersOf(type: string, sent: Bag): readonly Identifier[] {
  const context = bagOf(sent.context)
  const user = textOf(sent.userId) ?? textOf(sent.user_id)
  const anonymous = textOf(sent.anonymousId)
  const former = type === 'alias' && sent.previousId !== user ? textOf(sent.previousId) : undefined
  // The traits of a group call are those of the group.
  const people = [type === 'group' ? {} : bagOf(sent.traits), bagOf(context.traits)]
  const external = Array.isArray(context.externalIds) ? context.externalIds.map(bagOf) : []
  const named: readonly (readonly [string, string | undefined])[] = [
    ['user_id', user],
    ['anonymous_id', anonymous],
    // The protocol does not say of which kind a former name is, unless the event says so itself.
    ['user_id', former === anonymous ? undefined : former],
    ['anonymous_id', former],
    ...people.flatMap(({ email, phone }) => [['email', textOf(email)] as const, ['phone', textOf(phone)] as const]),
    ['device_id', textOf(bagOf(context.device).id)],
    ...external.filter(({ collection }) => collection === 'users').map((each) => [String(each.type), textOf(each.id)] as const),
  ]
  const found = named.flatMap(([kind, value]) => (value === undefined ? [] : [{ type: kind, value }]))
  return [...new Map(found.map((identifier) => [nameOf(identifier), identifier])).values()]
}

const nameOf = ({ type, value }: Identifier): string => `${type}:${value}`
const sorted = (identifiers: readonly Identifier[]): readonly Identifier[] =>
  identifiers.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
