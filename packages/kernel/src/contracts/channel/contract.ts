import type { ConfigSchema } from '../../plugin/config.ts'
import type { Permit } from '../consent/gate.ts'
import type { CallContext } from '../nouns/context.ts'
import type { Properties } from '../nouns/json.ts'

/** One message to one person, with its content filled in. */
export interface OutboundMessage {
  /** The idempotency key: sending it again must not reach the person again where the provider allows that. */
  readonly id: string
  /** The address, canonical. */
  readonly to: string
  /** Has passed the `content` schema of the channel. */
  readonly content: Properties
  /** BCP 47. */
  readonly locale?: string
  /** Where the person can stop these messages with one click (RFC 8058). */
  readonly unsubscribe?: { readonly url: string }
  /** Made by the consent gate for this person, purpose and action. Without a valid one the message does not pass the guard. */
  readonly permit: Permit
}

/** Expected outcomes are values: a throw means that the channel is broken, and the whole batch will be tried again. */
export type Delivery =
  | { readonly id: string; readonly status: 'accepted'; readonly reference: string }
  /** For ever: the ledger drops it with the reason. */
  | { readonly id: string; readonly status: 'rejected'; readonly reason: 'address' | 'content' | 'policy'; readonly detail: string }
  /** For now: the station tries again, not before `retryAfterMs`. */
  | { readonly id: string; readonly status: 'deferred'; readonly retryAfterMs: number; readonly detail: string }

/** What the provider told later about a message. */
export interface DeliveryReceipt {
  /** Of the `accepted` delivery. */
  readonly reference: string
  readonly what: 'delivered' | 'bounced' | 'opened' | 'clicked' | 'complained' | 'unsubscribed'
  readonly at: Date
  readonly data: Properties
}

/** A way to reach people. Caps, quiet hours, order, retries and the ledger are the station's. */
export interface Channel {
  /** `email`, `sms`, `webhook`, ...: purposes and preferences are per medium. */
  readonly medium: string
  /** Where the address of a profile is found. */
  readonly address: { readonly identifier: string } | { readonly trait: string }
  /** What a message must give: `{ subject, text, html? }`. */
  readonly content: ConfigSchema
  readonly limits: { readonly perSecond: number; readonly batch: number; readonly bytes: number }
  /** One delivery for each message, in their order. Starts nothing once the signal has fired. */
  send(request: { readonly messages: readonly OutboundMessage[] }, context: CallContext): Promise<readonly Delivery[]>
  /**
   * Reads a call-back of the provider and verifies its signature. One that is not genuine is an expected outcome and no
   * failure: anybody can send one, and the circuit of the channel must not open for it.
   */
  receipts?(
    request: { readonly headers: Readonly<Record<string, string | undefined>>; readonly body: Uint8Array },
    context: CallContext,
  ): Promise<readonly DeliveryReceipt[] | 'not-genuine'>
}
