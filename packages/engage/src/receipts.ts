import type { Channel, Clock, DeliveryReceipt, Logger } from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { Store, StoredMessage } from '@tenon/store'
import { stoppedPurpose } from './medium-purpose.ts'

export interface ReceiptRequest {
  readonly workspace: string
  readonly channel: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

export type ReceiptOutcome =
  /** `unknown`: receipts on messages that this channel did not send. */
  | { readonly ok: true; readonly news: number; readonly repeated: number; readonly unknown: number }
  | { readonly ok: false; readonly reason: 'no-such-channel' | 'not-genuine' }

export interface ReceiptTools {
  readonly store: Pick<Store, 'in'>
  readonly gate: Pick<PrivacyGate, 'record'>
  readonly channels: ReadonlyMap<string, Channel>
  readonly clock: Clock
  readonly logger: Logger | undefined
}

/** Reads a call-back of a provider into the ledger. Who complained or unsubscribed there gets no more of these messages. */
export async function takeReceipts(request: ReceiptRequest, tools: ReceiptTools): Promise<ReceiptOutcome> {
  const { workspace, channel: instance, headers, body } = request
  const channel = tools.channels.get(instance)
  if (channel?.receipts === undefined) return { ok: false, reason: 'no-such-channel' }
  const context = { workspace, purpose: 'service', now: tools.clock.now(), signal: new AbortController().signal }
  const receipts = await channel.receipts({ headers, body }, context)
  if (receipts === 'not-genuine') {
    tools.logger?.warn('a forged call-back was refused', { instance })
    return { ok: false, reason: 'not-genuine' }
  }
  const tally = { news: 0, repeated: 0, unknown: 0 }
  for (const receipt of receipts) {
    const found = await tools.store.in(workspace).messages.receive(instance, receipt)
    if (found === undefined) tally.unknown++
    else if (found.news) tally.news++
    else tally.repeated++
    // Also for a repeated one: the process may have died between the two records.
    if (found !== undefined && STOPS.has(receipt.what)) await stop(workspace, found.message, receipt, tools)
  }
  return { ok: true, ...tally }
}

const STOPS: ReadonlySet<DeliveryReceipt['what']> = new Set(['complained', 'unsubscribed'])

async function stop(workspace: string, message: StoredMessage, receipt: DeliveryReceipt, tools: ReceiptTools): Promise<void> {
  await tools.gate.record(workspace, message.profile, [
    {
      purpose: stoppedPurpose(message.purpose),
      state: 'withdrawn',
      basis: 'consent',
      notice: receipt.what,
      source: `channel:${message.channel}`,
      at: receipt.at,
      evidence: { message: message.id },
    },
  ])
}
