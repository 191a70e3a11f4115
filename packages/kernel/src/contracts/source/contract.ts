import type { CallContext } from '../nouns/context.ts'
import type { EventDraft, Refused } from '../nouns/event.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'OPTIONS'

/** A request as plain data. The body is already unpacked and within the size limit. */
export interface PushRequest {
  readonly method: Method
  /** As the client asked for it, without the query. */
  readonly path: string
  /** The pattern of `routes` that matched, and the values of its `:names`. */
  readonly route: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** An answer as plain data. */
export interface PushAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type PushReading =
  /** Events to keep. Bad parts are in `refused`, good parts in `events`: one bad event never costs its batch. */
  | { readonly kind: 'events'; readonly events: readonly EventDraft[]; readonly refused: readonly Refused[] }
  /** No events in it: settings of a client, a preflight, a challenge of a webhook. Answered as it is. */
  | { readonly kind: 'answer'; readonly answer: PushAnswer }
  /** Not even a part of it can be read. Kept as one failed event, answered by `answer({ kind: 'unreadable' })`. */
  | { readonly kind: 'unreadable'; readonly refused: Refused }

/** How the station closed a request. */
export type PushOutcome =
  | { readonly kind: 'durable'; readonly accepted: number; readonly refused: number }
  | { readonly kind: 'unauthorised' }
  | { readonly kind: 'unreadable'; readonly message: string }
  | { readonly kind: 'too-large'; readonly limitBytes: number }
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number }

/**
 * Maps what comes in over HTTP to events. The station owns the port, the limits, the log and the acknowledgement:
 * a source stores nothing and can be replayed on recorded requests.
 */
export interface PushSource {
  /** Patterns with `:name` segments. A path is served as written, never by a redirect. */
  readonly routes: readonly { readonly methods: readonly Method[]; readonly path: string }[]
  /** Where this protocol carries the write key; undefined means that there is none in the request. */
  writeKey(request: PushRequest): string | undefined
  /** Reads one request. `context.now` is the time of receipt: the source corrects `timestamp` by the client's skew. */
  read(request: PushRequest, context: CallContext): PushReading | Promise<PushReading>
  /**
   * Reads one part that `read` refused once more, perhaps corrected by hand: the `payload` of its `refused` as JSON, or its text. Without
   * it what this source refuses can only be replayed in the form in which Tenon writes events.
   */
  reread?(payload: string, context: CallContext): PushReading | Promise<PushReading>
  /** The answer that clients of this protocol understand: which of them retry, and which never do. */
  answer(outcome: PushOutcome, request: PushRequest): PushAnswer
}
