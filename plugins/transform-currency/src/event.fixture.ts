import type { CustomerEvent, Properties } from '@tenon/kernel/contracts'

export const eventWith = (properties: Properties, at = '2026-01-15T12:00:00Z'): CustomerEvent => ({
  messageId: 'm',
  source: 'web',
  type: 'track',
  name: 'Order Completed',
  identifiers: [],
  properties,
  traits: {},
  context: {},
  timestamp: new Date(at),
  receivedAt: new Date('2026-01-20T12:00:00Z'),
})
