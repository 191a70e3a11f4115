import type { CustomerEvent } from '@tenon/kernel/contracts'

export const eventWith = (parts: Partial<CustomerEvent>): CustomerEvent => ({
  messageId: 'm',
  source: 'web',
  type: 'identify',
  name: 'identify',
  identifiers: [
    { type: 'user_id', value: 'u-1' },
    { type: 'email', value: 'an@example.com' },
  ],
  properties: {},
  traits: {},
  context: {},
  timestamp: new Date('2026-01-15T12:00:00Z'),
  receivedAt: new Date('2026-01-15T12:00:00Z'),
  ...parts,
})
