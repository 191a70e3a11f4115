import { type CustomerEvent, type EventDraft, parseJson } from '@tenon/kernel/contracts'

/** A part of a request that was refused before the log, ready to become a failed event. */
export interface RefusedPart {
  readonly code: string
  readonly reason: string
  readonly payload: string
  readonly messageId?: string
  /** The station that refused it; `accept` where absent. */
  readonly stage?: string
  /** With a messageId: one that was refused before under it, from the same source, is a duplicate. */
  readonly once?: true
}

/** One record of the log: what one request brought. */
export interface AcceptedRequest {
  readonly workspace: string
  readonly source: string
  readonly receivedAt: Date
  readonly events: readonly CustomerEvent[]
  readonly refused: readonly RefusedPart[]
}

const VERSION = 1

/** The JSON of one event in a record. The instant is a number: reading it back is a hot loop. */
export function encodeEvent(draft: EventDraft): string {
  const { messageId, type, name, identifiers, properties, traits, group, context, timestamp } = draft
  return JSON.stringify({ messageId, type, name, identifiers, properties, traits, group, context, timestamp: timestamp.getTime() })
}

export function encodeRequest(request: {
  readonly workspace: string
  readonly source: string
  readonly receivedAt: Date
  /** Each as `encodeEvent` makes it. */
  readonly events: readonly string[]
  readonly refused: readonly RefusedPart[]
}): Buffer {
  const { workspace, source, receivedAt, events, refused } = request
  const head = `{"v":${VERSION},"workspace":${JSON.stringify(workspace)},"source":${JSON.stringify(source)},"receivedAt":${receivedAt.getTime()}`
  return Buffer.from(`${head},"events":[${events.join(',')}],"refused":${JSON.stringify(refused)}}`)
}

type StoredEvent = Omit<CustomerEvent, 'source' | 'receivedAt' | 'timestamp'> & { readonly timestamp: number }

interface StoredRequest {
  readonly v: number
  readonly workspace: string
  readonly source: string
  readonly receivedAt: number
  readonly events: readonly StoredEvent[]
  readonly refused: readonly RefusedPart[]
}

/** Throws on a record of another version. The checksum of the log has vouched for the rest. */
export function decodeRequest(payload: Buffer): AcceptedRequest {
  const stored = parseJson<StoredRequest>(payload.toString('utf8'))
  if (stored.v !== VERSION) throw new RangeError(`a record of version ${stored.v}`)
  const { workspace, source, refused } = stored
  const receivedAt = new Date(stored.receivedAt)
  const events = stored.events.map((event) => ({ ...event, source, receivedAt, timestamp: new Date(event.timestamp) }))
  return { workspace, source, receivedAt, events, refused }
}
