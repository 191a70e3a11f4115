import type { CustomerEvent, Properties } from '@tenon/kernel/contracts'

export const eventWith = (context: Properties, messageId = 'm'): CustomerEvent => ({
  messageId,
  source: 'web',
  type: 'page',
  name: 'Home',
  identifiers: [],
  properties: {},
  traits: {},
  context,
  timestamp: new Date('2026-01-15T12:00:00Z'),
  receivedAt: new Date('2026-01-15T12:00:00Z'),
})
