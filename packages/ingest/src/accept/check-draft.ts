import type { EventDraft, EventType } from '@tenon/kernel/contracts'
import { type EncodedEvent, encodeEvent } from './accepted-request.ts'

export type Checked =
  | { readonly ok: true; readonly encoded: EncodedEvent }
  | { readonly ok: false; readonly code: string; readonly reason: string }

const TYPES: ReadonlySet<string> = new Set<EventType>(['track', 'identify', 'page', 'screen', 'group', 'alias'])
const MAX_MESSAGE_ID = 256
const MAX_NAME = 512
const MAX_IDENTIFIERS = 64
const MAX_DEPTH = 64
const FIRST_MS = Date.UTC(1900, 0, 1)
const AHEAD_MS = 86_400_000

/** What every event must meet, whatever source made it; the encoded form is what the log keeps. */
export function checkDraft(draft: EventDraft, now: Date, maxBytes: number): Checked {
  const { messageId, type, name, identifiers, timestamp } = draft
  if (typeof messageId !== 'string' || messageId === '' || messageId.length > MAX_MESSAGE_ID) {
    return refuse('INVALID_MESSAGE_ID', `messageId must have 1 to ${MAX_MESSAGE_ID} characters`)
  }
  if (!TYPES.has(type)) return refuse('UNKNOWN_TYPE', `type must be one of ${[...TYPES].join(', ')}`)
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME) {
    return refuse('INVALID_EVENT_NAME', `the name must have 1 to ${MAX_NAME} characters`)
  }
  if (identifiers.length > MAX_IDENTIFIERS) return refuse('TOO_MANY_IDENTIFIERS', `an event may have ${MAX_IDENTIFIERS} identifiers`)
  const at = timestamp.getTime()
  if (Number.isNaN(at)) return refuse('INVALID_TIMESTAMP', 'the timestamp is not a date')
  if (at < FIRST_MS || at > now.getTime() + AHEAD_MS) {
    return refuse('TIMESTAMP_OUT_OF_RANGE', 'the timestamp must lie between 1900 and a day from now')
  }
  if (isDeeperThan(draft, MAX_DEPTH + 2)) return refuse('EVENT_TOO_DEEP', `an event may be nested ${MAX_DEPTH} levels deep`)
  const encoded = encodeEvent(draft)
  // A character is at most three bytes of UTF-8.
  if ((encoded.head.length + encoded.body.length) * 3 > maxBytes && bytesOf(encoded) > maxBytes) {
    return refuse('EVENT_TOO_LARGE', `an event may have ${maxBytes} bytes`)
  }
  return { ok: true, encoded }
}

const bytesOf = ({ head, body }: EncodedEvent): number => Buffer.byteLength(head) + Buffer.byteLength(body)

const refuse = (code: string, reason: string): Checked => ({ ok: false, code, reason })

/** Without a list of the entries: this runs over every value of every event. */
function isDeeperThan(value: object, depth: number): boolean {
  if (depth === 0) return true
  if (Array.isArray(value)) {
    for (const entry of value) if (isObject(entry) && isDeeperThan(entry, depth - 1)) return true
    return false
  }
  for (const key in value) {
    const entry: unknown = value[key as keyof typeof value]
    if (isObject(entry) && isDeeperThan(entry, depth - 1)) return true
  }
  return false
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
