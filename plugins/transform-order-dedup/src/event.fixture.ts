import type { CustomerEvent, Properties } from '@tenon/kernel/contracts'

const RECEIPT = new Date('2026-01-20T12:00:00Z')

export const eventWith = (properties: Properties, name = 'Order Completed'): CustomerEvent => ({
  messageId: 'm',
  source: 'web',
  type: 'track',
  name,
  identifiers: [],
  properties,
  traits: {},
  context: {},
  timestamp: RECEIPT,
  receivedAt: RECEIPT,
})
