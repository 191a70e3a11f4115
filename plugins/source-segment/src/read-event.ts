import type { EventDraft, EventType, Json, Properties, Refused } from '@tenon/kernel/contracts'
import { cleanObject } from './clean.ts'
import { type IdentifierPaths, identifierText, readIdentifiers } from './identifiers.ts'
import { field, isList, isObject } from './json.ts'
import { generatedMessageId } from './message-id.ts'
import { exactSize, MAX_DEPTH, sizeBound } from './size.ts'
import { correctedTime, readTime } from './timestamp.ts'

/** What an event takes from the request that it came in. */
export interface Envelope {
  readonly receivedAt: number
  readonly sentAt: number | undefined
  readonly context: Properties | undefined
  readonly unclean: boolean
  readonly maxEventBytes: number
  readonly identifiers: readonly IdentifierPaths[]
}

export type EventReading = { readonly kind: 'event'; readonly event: EventDraft } | { readonly kind: 'refused'; readonly refused: Refused }

const MAX_MESSAGE_ID = 256
const TYPES: ReadonlySet<string> = new Set<EventType>(['track', 'identify', 'page', 'screen', 'group', 'alias'])
export const isEventType = (type: Json | undefined): type is EventType => typeof type === 'string' && TYPES.has(type)

/** Reads one event; `type` is what the path says and wins over what the event says. */
export function readEvent(raw: Json, type: EventType | undefined, envelope: Envelope, index: number): EventReading {
  const refuse = (code: string, message: string, payload: Json = raw): EventReading => {
    const messageId = isObject(raw) ? identifierText(field(raw, 'messageId')) : undefined
    return { kind: 'refused', refused: { code, message, payload, ...(messageId === undefined ? {} : { messageId }) } }
  }
  if (!isObject(raw)) return refuse('NOT_AN_EVENT', 'an event must be a JSON object')
  const bound = sizeBound(raw)
  if (Number.isNaN(bound)) return refuse('INVALID_NUMBER', 'a number is too large to be kept')
  if (bound === Number.POSITIVE_INFINITY) return refuse('EVENT_TOO_DEEP', `an event may be nested ${MAX_DEPTH} levels deep`)
  if (bound > envelope.maxEventBytes && exactSize(raw) > envelope.maxEventBytes) {
    return refuse('EVENT_TOO_LARGE', `an event may have ${envelope.maxEventBytes} bytes of JSON`)
  }
  const reading = toDraft(envelope.unclean ? cleanObject(raw) : raw, type, envelope, index)
  return 'code' in reading ? refuse(reading.code, reading.message, withEnvelope(raw, type, envelope)) : { kind: 'event', event: reading }
}

/** What the request said about the event goes with it, so that it reads the same by itself. */
function withEnvelope(raw: Properties, type: EventType | undefined, { sentAt, context }: Envelope): Properties {
  const own = field(raw, 'context')
  const sent = new Date(sentAt ?? Number.NaN)
  const names = Number.isNaN(sent.getTime()) || !isAbsent(field(raw, 'sentAt')) ? {} : { sentAt: sent.toISOString() }
  return {
    ...raw,
    ...(type === undefined ? {} : { type }),
    ...names,
    ...(context === undefined || !(isAbsent(own) || isObject(own)) ? {} : { context: { ...context, ...(isObject(own) ? own : {}) } }),
  }
}

const isAbsent = (value: Json | undefined): value is undefined | null | '' => value === undefined || value === null || value === ''

interface Fault {
  readonly code: string
  readonly message: string
}

function toDraft(raw: Properties, typeOfPath: EventType | undefined, envelope: Envelope, index: number): EventDraft | Fault {
  const type = typeOfPath ?? field(raw, 'type') ?? field(raw, 'action')
  if (!isEventType(type)) return fault('UNKNOWN_TYPE', `type must be one of ${[...TYPES].join(', ')}`)
  const ids = readIds(raw, type)
  if ('code' in ids) return ids
  const properties = mapOf(field(raw, 'properties'))
  const name = nameOf(raw, type, properties)
  if (name === undefined) return fault('INVALID_EVENT_NAME', 'event must be text that is not empty')
  const traits = mapOf(field(raw, 'traits'))
  const context = mapOf(field(raw, 'context'))
  if (properties === undefined) return fault('INVALID_PROPERTIES', 'properties must be an object')
  if (traits === undefined) return fault('INVALID_TRAITS', 'traits must be an object')
  if (context === undefined) return fault('INVALID_CONTEXT', 'context must be an object')
  const timestamp = correctedTime({
    // RudderStack's libraries say in `originalTimestamp` when they were called, beside the user's own `timestamp`.
    original: readTime(field(raw, 'timestamp')) ?? readTime(field(raw, 'originalTimestamp')),
    sentAt: readTime(field(raw, 'sentAt')) ?? envelope.sentAt,
    receivedAt: envelope.receivedAt,
  })
  if (Number.isNaN(new Date(timestamp).getTime()))
    return fault('INVALID_TIMESTAMP', 'timestamp must be ISO 8601, such as 2026-01-31T08:30:00.000Z')
  const sender = field(raw, 'messageId') ?? field(raw, 'message_id')
  const sentId = identifierText(sender)
  const isSent = sender !== undefined && sender !== null && sender !== ''
  if (isSent && (sentId === undefined || sentId.length > MAX_MESSAGE_ID)) {
    return fault('INVALID_MESSAGE_ID', `messageId must be text of at most ${MAX_MESSAGE_ID} characters`)
  }
  return {
    messageId: sentId ?? generatedMessageId(raw, index, envelope.receivedAt),
    type,
    name,
    identifiers: readIdentifiers(type, raw, ids, envelope.identifiers),
    properties: withCategory(raw, type, properties),
    traits: type === 'identify' ? identifyTraits(context, traits) : {},
    ...(ids.groupId === undefined ? {} : { group: { id: ids.groupId, traits } }),
    context: wholeContext(raw, context, envelope.context),
    timestamp: new Date(timestamp),
  }
}

const fault = (code: string, message: string): Fault => ({ code, message })

interface Ids {
  readonly userId: string | undefined
  readonly anonymousId: string | undefined
  readonly previousId: string | undefined
  readonly groupId: string | undefined
}

/** `null` and `''` are absent; the legacy snake case of the HTTP API is understood. */
function readIds(raw: Properties, type: EventType): Ids | Fault {
  const userId = readId(raw, 'userId', 'user_id')
  const anonymousId = readId(raw, 'anonymousId', 'anonymous_id')
  const previousId = type === 'alias' ? readId(raw, 'previousId', 'previous_id') : undefined
  const groupId = type === 'group' ? readId(raw, 'groupId', 'group_id') : undefined
  if (isFault(userId)) return userId
  if (isFault(anonymousId)) return anonymousId
  if (isFault(previousId)) return previousId
  if (isFault(groupId)) return groupId
  if (type === 'group' && groupId === undefined) return fault('MISSING_GROUP_ID', 'a group call needs groupId')
  if (type === 'alias' && userId === undefined) return fault('MISSING_USER_ID', 'an alias needs userId, the name from now on')
  if (type === 'alias' && previousId === undefined && anonymousId === undefined) {
    return fault('MISSING_PREVIOUS_ID', 'an alias needs previousId, or an anonymousId in its place')
  }
  return { userId, anonymousId, previousId, groupId }
}

const isFault = (id: string | undefined | Fault): id is Fault => typeof id === 'object'

function readId(raw: Properties, name: string, legacy: string): string | undefined | Fault {
  const value = field(raw, name) ?? field(raw, legacy)
  if (value === undefined || value === null || value === '') return undefined
  return (
    identifierText(value) ??
    fault(`INVALID_${legacy.toUpperCase()}`, `${name} must be text, or a whole number below 2^53: larger ones arrive rounded`)
  )
}

/** Of a page or screen its name, where it has one; Jitsu's libraries keep it with the properties. */
function nameOf(raw: Properties, type: EventType, properties: Properties | undefined): string | undefined {
  if (type === 'track') return wordsOf(field(raw, 'event'))
  if (type !== 'page' && type !== 'screen') return type
  return wordsOf(field(raw, 'name')) ?? wordsOf(field(properties ?? {}, 'name')) ?? type
}

const wordsOf = (value: Json | undefined): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value : undefined)

/** Absent, `null` and `[]` (an empty map as PHP writes it) are empty; undefined for anything else that is no object. */
function mapOf(value: Json | undefined): Properties | undefined {
  if (isObject(value)) return value
  if (value === undefined || value === null) return {}
  return isList(value) && value.length === 0 ? {} : undefined
}

/** The category of a page or screen call is kept with its properties, as client libraries do themselves. */
function withCategory(raw: Properties, type: EventType, properties: Properties): Properties {
  if (type !== 'page' && type !== 'screen') return properties
  const category = field(raw, 'category')
  return typeof category === 'string' && !Object.hasOwn(properties, 'category') ? { ...properties, category } : properties
}

/** RudderStack's libraries send the traits of an identify call in its context. */
function identifyTraits(context: Properties, traits: Properties): Properties {
  const own = field(context, 'traits')
  return isObject(own) ? { ...own, ...traits } : traits
}

/** The batch's context lies under the event's; `integrations` says where an event may go, so it is kept with it. */
function wholeContext(raw: Properties, context: Properties, ofBatch: Properties | undefined): Properties {
  const integrations = field(raw, 'integrations')
  const routed = isObject(integrations) && Object.keys(integrations).length > 0
  if (ofBatch === undefined && !routed) return context
  return { ...ofBatch, ...(routed ? { integrations } : {}), ...context }
}
