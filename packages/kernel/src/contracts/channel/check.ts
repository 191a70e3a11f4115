import { isProperties } from '../check/json.ts'
import { isDate, isText } from '../check/values.ts'
import type { Delivery, DeliveryReceipt, OutboundMessage } from './contract.ts'

const REJECTIONS: readonly string[] = ['address', 'content', 'policy']
const RECEIPTS: readonly string[] = ['delivered', 'bounced', 'opened', 'clicked', 'complained', 'unsubscribed']

/** What is wrong with the answer to a batch, or undefined. */
export function deliveriesProblem(messages: readonly OutboundMessage[], deliveries: readonly Delivery[]): string | undefined {
  if (!Array.isArray(deliveries)) return 'the deliveries are not a list'
  if (deliveries.length !== messages.length) return `${messages.length} messages got ${deliveries.length} deliveries`
  for (const [index, message] of messages.entries()) {
    const problem = deliveryProblem(message.id, deliveries[index])
    if (problem !== undefined) return `delivery ${index}: ${problem}`
  }
  return undefined
}

function deliveryProblem(id: string, delivery: Delivery | undefined): string | undefined {
  if (typeof delivery !== 'object' || delivery === null) return 'not an object'
  if (delivery.id !== id) return 'it is not of the message at this place'
  switch (delivery.status) {
    case 'accepted':
      return isText(delivery.reference) ? undefined : 'an accepted one needs a reference'
    case 'rejected':
      if (!REJECTIONS.includes(delivery.reason)) return 'a rejection is for address, content or policy'
      return typeof delivery.detail === 'string' ? undefined : 'a rejection needs a detail'
    case 'deferred':
      if (!Number.isFinite(delivery.retryAfterMs) || delivery.retryAfterMs < 0) return 'retryAfterMs is not a time to wait'
      return typeof delivery.detail === 'string' ? undefined : 'a deferral needs a detail'
    default:
      return 'the status is none of accepted, rejected, deferred'
  }
}

/** What is wrong with what a call-back was read as, or undefined. */
export function receiptsProblem(receipts: readonly DeliveryReceipt[]): string | undefined {
  if (!Array.isArray(receipts)) return 'the receipts are not a list'
  const index = receipts.findIndex(
    (receipt) => !(isText(receipt?.reference) && RECEIPTS.includes(receipt.what) && isDate(receipt.at) && isProperties(receipt.data)),
  )
  return index < 0 ? undefined : `receipt ${index} lacks a reference, a known event, a date or data`
}
