import {
  type CallContext,
  type Channel,
  type Clock,
  type Gate,
  type Logger,
  type Meter,
  type OutboundMessage,
  purposes,
} from '@tenon/kernel/contracts'
import type { AttemptOutcome, StoredMessage, WorkspaceStore } from '@tenon/store'
import { addressesOf, type TraitLookup } from './addresses.ts'
import type { RetryRules } from './back-off.ts'
import { callChannel } from './call-channel.ts'
import { askToSend, isPolicyFailure, noConsent } from './consent.ts'
import { stoppedPurpose } from './medium-purpose.ts'
import { measureCall } from './metrics.ts'
import { createTally, type Tally } from './tally.ts'
import type { Unsubscription } from './unsubscribe-token.ts'

export interface HandOverTools {
  readonly gate: Gate
  readonly clock: Clock
  readonly logger: Logger | undefined
  readonly meter: Meter
  readonly random: () => number
  readonly retry: RetryRules
  readonly traits: TraitLookup | undefined
  /** For one call of the channel; none is begun later than this after the first, so that no lease ends under a call. */
  readonly sendLimitMs: number
  /** Undefined where the host serves no such links. */
  readonly unsubscribeUrl: ((unsubscription: Unsubscription) => Promise<string>) | undefined
}

export interface Destination {
  readonly instance: string
  readonly channel: Channel
  readonly workspace: WorkspaceStore
  readonly signal: AbortSignal
}

export interface HandOver {
  readonly outcomes: readonly AttemptOutcome[]
  /** The channel itself failed, which says nothing about the messages: it rests at least so long. */
  readonly brokenForMs?: number
}

interface Outbound {
  readonly message: StoredMessage
  readonly sent: OutboundMessage
}

/**
 * Takes claimed messages of one workspace to their channel and says what became of each. Consent and address are looked up
 * at this moment: what was true when the message was accepted does not count. Never throws: what can not be looked up waits.
 */
export async function handOver(claimed: readonly StoredMessage[], to: Destination, tools: HandOverTools): Promise<HandOver> {
  const tally = createTally(tools)
  const fresh = claimed.filter((message) => {
    // One whose senders keep dying comes here without ever having been put off.
    const isSpent = message.attempts > tools.retry.attempts
    if (isSpent) tally.drop(message, { code: 'EXHAUSTED', detail: { attempts: message.attempts - 1, last: 'lease-expired' } })
    return !isSpent
  })
  const began = performance.now()
  const mayBegin = (): boolean => !to.signal.aborted && performance.now() - began < tools.sendLimitMs
  let brokenForMs: number | undefined
  for (const [purpose, messages] of Map.groupBy(fresh, (message) => message.purpose)) {
    for (const batch of batchesOf(await prepare(messages, purpose, to, tools, tally), to.channel.limits)) {
      if (brokenForMs === undefined && mayBegin()) brokenForMs = await sendBatch(batch, purpose, to, tools, tally)
      else for (const { message } of batch) tally.putOff(message, { code: 'NOT_BEGUN', detail: {} }, brokenForMs)
    }
  }
  return { outcomes: tally.outcomes, ...(brokenForMs === undefined ? {} : { brokenForMs }) }
}

/** Those that may be sent, to where, with their permits; the others are settled. */
async function prepare(
  messages: readonly StoredMessage[],
  purpose: string,
  to: Destination,
  tools: HandOverTools,
  tally: Tally,
): Promise<readonly Outbound[]> {
  const profiles = [...new Set(messages.map(({ profile }) => profile))]
  const open = new Set(messages)
  const settle = (message: StoredMessage, run: () => void): void => {
    open.delete(message)
    run()
  }
  try {
    const addresses = await addressesOf(to.channel, profiles, { workspace: to.workspace, traits: tools.traits })
    const { permits, refusals } = await askToSend(tools.gate, { profiles, purpose }, contextOf(purpose, to, tools))
    const outbound: Outbound[] = []
    for (const message of messages) {
      const address = addresses.get(message.profile)
      const permit = permits.get(message.profile)
      const refusal = refusals.get(message.profile)
      if (address === undefined) settle(message, () => tally.drop(message, NO_ADDRESS))
      else if (permit !== undefined) outbound.push({ message, sent: { ...(await envelopeOf(message, to, tools)), to: address, permit } })
      else if (isPolicyFailure(refusal)) settle(message, () => tally.putOff(message, noConsent(refusal)))
      else settle(message, () => tally.drop(message, noConsent(refusal)))
    }
    return outbound
  } catch (error) {
    const problem = error instanceof Error ? error.name : 'thrown'
    tools.logger?.error('messages wait: address or consent can not be looked up', { instance: to.instance, problem })
    for (const message of open) tally.putOff(message, { code: 'LOOKUP_FAILED', detail: {} })
    return []
  }
}

export const NO_ADDRESS = Object.freeze({
  code: 'NO_ADDRESS',
  detail: Object.freeze({ detail: 'the profile has no address for this channel' }),
})

async function envelopeOf(
  { id, content, locale, purpose, profile }: StoredMessage,
  { workspace: { workspace } }: Destination,
  { unsubscribeUrl }: HandOverTools,
): Promise<Omit<OutboundMessage, 'to' | 'permit'>> {
  const stopped = stoppedPurpose(purpose)
  const isService = stopped.split('.', 1)[0] === purposes.service
  const url = isService ? undefined : await unsubscribeUrl?.({ workspace, profile, purpose: stopped, message: id })
  return { id, content, ...(locale === undefined ? {} : { locale }), ...(url === undefined ? {} : { unsubscribe: { url } }) }
}

/** Settles every message of the batch; a time to rest where the channel failed. */
async function sendBatch(
  batch: readonly Outbound[],
  purpose: string,
  to: Destination,
  tools: HandOverTools,
  tally: Tally,
): Promise<number | undefined> {
  const messages = batch.map(({ sent }) => sent)
  const begun = performance.now()
  const call = await callChannel(to.channel, messages, contextOf(purpose, to, tools), tools.sendLimitMs)
  measureCall(tools.meter, { instance: to.instance, outcome: call.ok ? 'done' : 'failed', begun })
  if (call.ok) {
    for (const { message } of batch) tally.settle(message, call.delivery(message.id))
    return undefined
  }
  tools.logger?.warn('a channel failed', { instance: to.instance, code: call.code, messages: batch.length })
  for (const { message } of batch) tally.putOff(message, { code: 'CHANNEL_FAILED', detail: { because: call.code } }, call.retryAfterMs)
  return call.retryAfterMs
}

const contextOf = (purpose: string, to: Destination, { clock }: HandOverTools): CallContext => ({
  workspace: to.workspace.workspace,
  purpose,
  now: clock.now(),
  signal: to.signal,
})

/** Batches within the limits of the channel, in order. */
function batchesOf(items: readonly Outbound[], limits: Channel['limits']): readonly (readonly Outbound[])[] {
  const batches: Outbound[][] = []
  let bytes = 0
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item.sent.content))
    const last = batches.at(-1)
    if (last === undefined || last.length >= limits.batch || bytes + size > limits.bytes) {
      batches.push([item])
      bytes = size
    } else {
      last.push(item)
      bytes += size
    }
  }
  return batches
}
