import {
  type Channel,
  type Clock,
  type Gate,
  type Logger,
  type Meter,
  noMeter,
  type ProfileId,
  type Purpose,
  type Receipt,
} from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { DeliveryEntry, Store, StoredMessage } from '@tenon/store'
import { acceptMessage, type SendOutcome, type SendRequest } from './accept.ts'
import type { TraitLookup } from './addresses.ts'
import { DEFAULT_RETRY, type RetryRules } from './back-off.ts'
import { createChannelWorker } from './channel-worker.ts'
import { type ReceiptOutcome, type ReceiptRequest, takeReceipts } from './receipts.ts'
import { type ChannelStats, statsOf } from './stats.ts'
import { createSweeper } from './sweeper.ts'
import { createUnsubscribeTokens } from './unsubscribe-token.ts'

export interface EngageOptions {
  readonly store: Store
  readonly gate: Gate & Pick<PrivacyGate, 'record' | 'knows' | 'purposes'>
  readonly channels: ReadonlyMap<string, Channel>
  /** For channels whose address is a trait. */
  readonly traits?: TraitLookup
  readonly clock: Clock
  readonly logger?: Logger
  readonly meter?: Meter
  /** Numbers in [0, 1) that spread retries. */
  readonly random?: () => number
  readonly retry?: Partial<RetryRules>
  /** The address at which the host answers GET with a page and POST with `unsubscribe`; no links without it. */
  readonly unsubscribeUrl?: (token: string) => string
  /** For one call of a channel; 60 s by default. */
  readonly sendLimitMs?: number
  /** How often to look for messages that have become due; 1 s by default. */
  readonly pollMs?: number
}

export type Unsubscribed =
  | { readonly ok: true; readonly workspace: string; readonly profile: ProfileId; readonly purpose: Purpose }
  | { readonly ok: false }

/** Messages from acceptance to their last state. */
export interface Engage {
  send(request: SendRequest): Promise<SendOutcome>
  message(request: { readonly workspace: string; readonly id: string }): Promise<StoredMessage | undefined>
  /** Everything that happened to a message, the oldest first. */
  deliveries(request: { readonly workspace: string; readonly id: string }): Promise<readonly DeliveryEntry[]>
  /** Of one person, the newest first. */
  messagesOf(request: {
    readonly workspace: string
    readonly profile: ProfileId
    readonly limit: number
  }): Promise<readonly StoredMessage[]>
  receipts(request: ReceiptRequest): Promise<ReceiptOutcome>
  /** Whether the link is one of ours. */
  knowsLink(token: string): Promise<boolean>
  /** One click (RFC 8058): the person gets no more of these messages. The same token again changes nothing. */
  unsubscribe(token: string): Promise<Unsubscribed>
  /** Channel by channel. */
  stats(request: { readonly workspace: string }): Promise<ReadonlyMap<string, ChannelStats>>
  start(): void
  /** Sends all that is due at this instant and that rates allow, also without `start`. How many messages were taken. */
  work(): Promise<number>
  /** Takes no more to channels; ends when what is in hand is recorded. At the signal calls are given up. */
  drain(signal?: AbortSignal): Promise<void>
}

/**
 * The station that sends. A message is handed over at least once: its attempt is on record before the call, and where the
 * process dies before the outcome is, the message goes out again after its lease, under the same id. Retries back off; a
 * channel that fails rests alone.
 *
 * @example
 * ```ts
 * const engage = createEngage({ store, gate, channels, clock })
 * engage.start()
 * await engage.send({ workspace: 'main', profile, purpose: 'marketing', content: { subject: 'Hello', text: '...' }, idempotencyKey: 'spring-1' })
 * ```
 */
export function createEngage(options: EngageOptions): Engage {
  const { store, gate, channels, traits, clock, logger, meter = noMeter, unsubscribeUrl } = options
  const { random = Math.random, sendLimitMs = 60_000, pollMs = 1_000 } = options
  const retry = Object.freeze({ ...DEFAULT_RETRY, ...options.retry })
  const tokens = createUnsubscribeTokens(store)
  const workspaces = async (): Promise<readonly string[]> => (await store.workspaces.list()).map(({ id }) => id)
  const tools = {
    ...{ store, gate, channels, traits, clock, logger, meter, random, retry, sendLimitMs, pollMs, workspaces },
    // A call that is over its limit is settled long before somebody else may take the messages.
    leaseMs: sendLimitMs * 3,
    unsubscribeUrl: unsubscribeUrl && (async (whose: Parameters<typeof tokens.sign>[0]) => unsubscribeUrl(await tokens.sign(whose))),
  }
  const workers = new Map([...channels].map(([instance, channel]) => [instance, createChannelWorker({ ...tools, instance, channel })]))
  const sweeper = createSweeper({ store, workspaces, logger, everyMs: Math.max(1_000, Math.round(tools.leaseMs / 10)) })

  return Object.freeze<Engage>({
    async send(request) {
      const outcome = await acceptMessage(request, tools)
      if (outcome.ok && outcome.state === 'queued') workers.get(outcome.channel)?.kick()
      return outcome
    },
    message: ({ workspace, id }) => store.in(workspace).messages.get(id),
    deliveries: ({ workspace, id }) => store.in(workspace).messages.ledger(id),
    messagesOf: ({ workspace, profile, limit }) => store.in(workspace).messages.of(profile, { limit }),
    receipts: (request) => takeReceipts(request, tools),
    knowsLink: async (token) => (await tokens.read(token)) !== undefined,
    async unsubscribe(token) {
      const read = await tokens.read(token)
      if (read === undefined) return { ok: false }
      const { workspace, profile, purpose, message } = read
      const said = { purpose, state: 'withdrawn', basis: 'consent', notice: 'one-click', source: 'unsubscribe' } as const
      const known = (await store.in(workspace).consents.of([profile])).get(profile) ?? []
      // A second click on the same link says nothing new, unless somebody said yes in between. What else there is of a no does not count: it
      // may run out, or be that of others who leave.
      const last = known.find((receipt) => receipt.purpose === purpose && (receipt.state === 'granted' || isClickOn(receipt, message)))
      if (last === undefined || last.state === 'granted')
        await gate.record(workspace, profile, [{ ...said, at: clock.now(), evidence: { message } }])
      return { ok: true, workspace, profile, purpose }
    },
    async stats({ workspace }) {
      return new Map([...(await store.in(workspace).messages.counts())].map(([channel, states]) => [channel, statsOf(states)]))
    },
    start() {
      sweeper.start()
      for (const worker of workers.values()) worker.start()
    },
    async work() {
      await sweeper.sweep()
      const taken = await Promise.all([...workers.values()].map((worker) => worker.work()))
      return taken.reduce((total, count) => total + count, 0)
    },
    async drain(signal = new AbortController().signal) {
      await Promise.all([sweeper.stop(), ...[...workers.values()].map((worker) => worker.drain(signal))])
    },
  })
}

const isClickOn = ({ source, evidence }: Pick<Receipt, 'source' | 'evidence'>, message: string): boolean =>
  source === 'unsubscribe' && evidence.message === message
