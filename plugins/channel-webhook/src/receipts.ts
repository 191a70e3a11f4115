import type { CallContext, Channel, DeliveryReceipt } from '@tenon/kernel/contracts'
import { z } from 'zod'
import { isGenuine } from './signature.ts'

const receipt = z.strictObject({
  reference: z.string().min(1).max(256),
  what: z.enum(['delivered', 'bounced', 'opened', 'clicked', 'complained', 'unsubscribed']),
  at: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
  data: z.record(z.string(), z.json()).default({}),
})

const callback = z.strictObject({ type: z.literal('receipts'), data: z.strictObject({ receipts: z.array(receipt).min(1).max(1_000) }) })

type Callback = Parameters<NonNullable<Channel['receipts']>>[0]

/** Reads what a receiver tells later about messages. A call-back that nobody signed with one of the secrets is not genuine. */
export async function readReceipts(
  { headers, body }: Callback,
  { now }: CallContext,
  secrets: readonly string[],
): Promise<readonly DeliveryReceipt[] | 'not-genuine'> {
  if (!isGenuine(headers, body, { secrets, now })) return 'not-genuine'
  return callback.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))).data.receipts
}
