import type { DeliveryReceipt, ProfileId, Properties, Purpose, Reason } from '@tenon/kernel/contracts'

/**
 * `queued` and `sending` are unfinished. `sent`: the provider accepted it. `delivered` and `bounced`: the provider said so
 * later. `dropped`: it will never be sent.
 */
export type MessageState = 'queued' | 'sending' | 'sent' | 'delivered' | 'bounced' | 'dropped'

export interface NewMessage {
  readonly idempotencyKey: string
  readonly profile: ProfileId
  /** The instance of the channel. */
  readonly channel: string
  readonly purpose: Purpose
  readonly content: Properties
  readonly locale?: string
  /** Not before; now where absent. */
  readonly notBefore?: Date
}

export interface StoredMessage extends Omit<NewMessage, 'notBefore'> {
  /** A UUID of version 7. */
  readonly id: string
  readonly state: MessageState
  /** Why it waits or was dropped. */
  readonly reason?: Reason
  /** Hand-overs that were begun, this one included while it is `sending`. */
  readonly attempts: number
  readonly nextAttemptAt: Date
  /** The provider's, from `sent` on. */
  readonly reference?: string
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** What became of one attempt. `attempt` is `attempts` of the claimed message: a late report of an older attempt changes nothing. */
export type AttemptOutcome = { readonly id: string; readonly attempt: number } & (
  | { readonly state: 'sent'; readonly reference: string }
  | { readonly state: 'queued'; readonly nextAttemptAt: Date; readonly reason: Reason }
  | { readonly state: 'dropped'; readonly reason: Reason }
)

/** One line of the delivery ledger. */
export interface DeliveryEntry {
  readonly what: MessageState | DeliveryReceipt['what'] | 'lease-expired'
  readonly attempt: number
  readonly at: Date
  readonly detail: Properties
}

/** The queue of messages and their ledger. Messages of one profile and channel leave in the order in which they were accepted. */
export interface Messages {
  /**
   * A message of a known idempotency key is the one that exists: `accepted` false. In the order of the request. Throws
   * `TENON_IDEMPOTENCY_KEY_REUSED`, and keeps nothing, where that one says something else or is for somebody else.
   */
  enqueue(messages: readonly NewMessage[]): Promise<readonly { readonly message: StoredMessage; readonly accepted: boolean }[]>
  /**
   * Takes due messages for one attempt each, in the order in which they are due. Never one behind an unfinished message of the
   * same profile and channel, never one that somebody else has. The attempt is on record before this returns.
   */
  claim(request: { readonly channel: string; readonly limit: number; readonly leaseMs: number }): Promise<readonly StoredMessage[]>
  /** Records what became of claimed messages; the ids that it counted for. Those behind a message that waits wait as long. */
  record(outcomes: readonly AttemptOutcome[]): Promise<readonly string[]>
  /** Puts messages whose lease is over (their sender died) back into the queue. How many. */
  requeueExpired(): Promise<number>
  /** Notes what a provider told; the same receipt again changes nothing. The message, where there is one, and whether this was news. */
  receive(channel: string, receipt: DeliveryReceipt): Promise<{ readonly message: StoredMessage; readonly news: boolean } | undefined>
  get(id: string): Promise<StoredMessage | undefined>
  /** The oldest first. */
  ledger(id: string): Promise<readonly DeliveryEntry[]>
  /** Of the person behind the profile, the newest first. */
  of(profile: ProfileId, request: { readonly limit: number }): Promise<readonly StoredMessage[]>
  byReference(channel: string, reference: string): Promise<StoredMessage | undefined>
  /** How many messages are in each state, channel by channel. */
  counts(): Promise<ReadonlyMap<string, Readonly<Partial<Record<MessageState, number>>>>>
  /** When the next message of a channel becomes due; undefined for an empty queue. */
  nextDue(channel: string): Promise<Date | undefined>
}
