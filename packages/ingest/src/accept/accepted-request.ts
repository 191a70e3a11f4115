import { type EventDraft, parseJson } from '@tenon/kernel/contracts'
import { type EventTexts, type LoggedEvent, textsOf } from './logged-event.ts'

/** A part of a request that was refused before the log, ready to become a failed event. */
export interface RefusedPart {
  readonly code: string
  readonly reason: string
  readonly payload: string
  /** Not all that came is in the payload. */
  readonly cut?: true
  readonly messageId?: string
  /** The station that refused it; `accept` where absent. */
  readonly stage?: string
  /** How the payload is to be read; as its source sent it where absent. */
  readonly format?: 'source' | 'event'
  /** With a messageId: one that was refused before under it, from the same source, is a duplicate. */
  readonly once?: true
}

/** Says that a record holds a failed event that is tried once more: it is received already, and counts as failed until it is settled. */
export interface ReplayMark {
  /** Of the failed event. */
  readonly id: string
  /** How often it was tried before. */
  readonly attempt: number
  /** Where and why it failed last. */
  readonly stage: string
  readonly code: string
  /** The replay of many that it is a part of. */
  readonly replay?: string
}

/** One record of the log: what one request brought. */
export interface AcceptedRequest {
  readonly workspace: string
  readonly source: string
  readonly receivedAt: Date
  readonly events: readonly LoggedEvent[]
  readonly refused: readonly RefusedPart[]
  /** Then there is one event or one refused part. */
  readonly replay?: ReplayMark
  /** The import that it came with: what becomes of its rows is counted. */
  readonly importId?: string
}

/*
 * A record is a line of JSON and, behind it, the texts of its events one after the other. The line says how long they are, in characters.
 * So a text is written once, where the event is accepted, and travels to the engine without being read again.
 */
const VERSION = 2

/** An event on its way into a record. */
export interface EncodedEvent {
  /** Its JSON in the line. */
  readonly head: string
  /** All its texts. */
  readonly body: string
}

export function encodeEvent(draft: EventDraft): EncodedEvent {
  const { messageId, type, name, identifiers, group, timestamp } = draft
  const { properties, traits, context, groupTraits } = textsOf(draft)
  const lengths = [properties.length, traits.length, context.length, groupTraits.length]
  const at = timestamp.getTime()
  return {
    head: JSON.stringify({ messageId, type, name, identifiers, timestamp: at, groupId: group?.id ?? '', lengths }),
    body: properties + traits + context + groupTraits,
  }
}

export function encodeRequest(request: {
  readonly workspace: string
  readonly source: string
  readonly receivedAt: Date
  readonly events: readonly EncodedEvent[]
  readonly refused: readonly RefusedPart[]
  readonly replay?: ReplayMark
  readonly importId?: string | undefined
}): Buffer {
  const { workspace, source, receivedAt, events, refused, replay, importId } = request
  const ofReplay = replay === undefined ? '' : `,"replay":${JSON.stringify(replay)}`
  const mark = importId === undefined ? ofReplay : `${ofReplay},"importId":${JSON.stringify(importId)}`
  const head = `{"v":${VERSION},"workspace":${JSON.stringify(workspace)},"source":${JSON.stringify(source)},"receivedAt":${receivedAt.getTime()}`
  let heads = ''
  let bodies = ''
  for (const event of events) {
    heads += heads === '' ? event.head : `,${event.head}`
    bodies += event.body
  }
  return Buffer.from(`${head},"events":[${heads}],"refused":${JSON.stringify(refused)}${mark}}\n${bodies}`)
}

interface StoredRequest {
  readonly v: number
  readonly workspace: string
  readonly source: string
  readonly receivedAt: number
  readonly events: readonly (Pick<LoggedEvent, 'messageId' | 'type' | 'name' | 'identifiers' | 'groupId'> & {
    readonly timestamp: number
    readonly lengths: readonly [properties: number, traits: number, context: number, groupTraits: number]
  })[]
  readonly refused: readonly RefusedPart[]
  readonly replay?: ReplayMark
  readonly importId?: string
}

/** Throws on a record of another version. The checksum of the log has vouched for the rest. */
export function decodeRequest(payload: Buffer): AcceptedRequest {
  const text = payload.toString('utf8')
  const end = text.indexOf('\n')
  const stored = parseJson<StoredRequest>(end < 0 ? text : text.slice(0, end))
  if (stored.v !== VERSION) throw new RangeError(`a record of version ${stored.v}`)
  const { workspace, source, refused, replay, importId } = stored
  const receivedAt = new Date(stored.receivedAt)
  let next = end + 1
  const take = (length: number): string => {
    next += length
    return text.slice(next - length, next)
  }
  const events = stored.events.map(({ messageId, type, name, identifiers, groupId, timestamp, lengths }): LoggedEvent => {
    const [ofProperties, ofTraits, ofContext, ofGroupTraits] = lengths
    const texts: EventTexts = {
      properties: take(ofProperties),
      traits: take(ofTraits),
      context: take(ofContext),
      groupTraits: take(ofGroupTraits),
    }
    return { messageId, source, type, name, identifiers, timestamp: new Date(timestamp), receivedAt, groupId, texts }
  })
  const marks = { ...(replay === undefined ? {} : { replay }), ...(importId === undefined ? {} : { importId }) }
  return { workspace, source, receivedAt, events, refused, ...marks }
}
