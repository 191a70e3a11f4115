import type { Identifier } from './identifier.ts'
import type { Properties } from './json.ts'

export type EventType = 'track' | 'identify' | 'page' | 'screen' | 'group' | 'alias'

/** The one shape of an event, whatever source it came from. */
export interface CustomerEvent {
  /** Chosen by the sender; a second event with the same (workspace, source, messageId) is a retry. 1 to 256 characters. */
  readonly messageId: string
  /** The source it came in through, as its write key says. */
  readonly source: string
  readonly type: EventType
  /** Of a track call its event, of a page or screen its name; otherwise the type. Never empty. */
  readonly name: string
  /** In the order of the sender, not yet normalised. */
  readonly identifiers: readonly Identifier[]
  readonly properties: Properties
  /** What the event says about the person from now on. */
  readonly traits: Properties
  /** The account of a group call. */
  readonly group?: { readonly id: string; readonly traits: Properties }
  /** Device, page, campaign, locale, consent, as the client sent it. */
  readonly context: Properties
  /** When it happened, corrected by the skew between the client's clock and ours. */
  readonly timestamp: Date
  readonly receivedAt: Date
}

/** An event as a source makes it: `source` and `receivedAt` are known to the station alone. */
export type EventDraft = Omit<CustomerEvent, 'source' | 'receivedAt'>

/** What was refused, where and why. Becomes a failed event that people list, repair and replay. */
export interface Refused {
  /** Upper snake case, stable: `INVALID_TIMESTAMP`, `NO_IDENTIFIER`, ... */
  readonly code: string
  /** For a person: which field is wrong, and what would be right. */
  readonly message: string
  /** The part of the input that was refused, as far as it could be read; text where it was not JSON. */
  readonly payload: unknown
  readonly messageId?: string
}
