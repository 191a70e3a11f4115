import { sourceConformance } from '@tenon/kernel/conformance'
import type { PushRequest } from '@tenon/kernel/contracts'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { segmentConfig } from './config.ts'
import { createSegmentSource } from './segment-source.ts'

const requestOf = (path: string, body: unknown): PushRequest => ({
  method: 'POST',
  path,
  route: path,
  params: {},
  query: new URLSearchParams(),
  headers: { authorization: `Basic ${btoa('key-1:')}`, 'content-type': 'text/plain' },
  body: new TextEncoder().encode(JSON.stringify(body)),
})

const event = (messageId: string) => ({
  type: 'track',
  messageId,
  event: 'Order Completed',
  userId: 'u-1',
  anonymousId: 'a-1',
  properties: { total: 3, products: [{ product_id: 'p-1' }] },
  context: { traits: { city: '上海' }, consent: { categoryPreferences: { Advertising: true } } },
  timestamp: '2026-01-15T11:00:00Z',
})
const sentAt = '2026-01-15T11:59:58Z'

conforms({ describe, it }, sourceConformance, {
  name: 'source-segment',
  subject: () => ({
    source: createSegmentSource(segmentConfig.parse({})),
    samples: [
      { request: requestOf('/v1/batch', { batch: [event('1'), event('2')], sentAt }), events: 2, writeKey: 'key-1' },
      { request: requestOf('/v1/track', { ...event('1'), sentAt }), events: 1, writeKey: 'key-1' },
      {
        request: requestOf('/v1/identify', { messageId: '3', userId: 'u-1', traits: { email: 'an@example.com' } }),
        events: 1,
        writeKey: 'key-1',
      },
      {
        request: requestOf('/v1/group', { messageId: '4', userId: 'u-1', groupId: 'g-1', traits: { plan: 'gold' } }),
        events: 1,
        writeKey: 'key-1',
      },
    ],
    mixed: { request: requestOf('/v1/batch', { batch: [event('1'), { type: 'nonsense' }, event('2')] }), good: 2, bad: 1 },
    retry: {
      first: requestOf('/v1/batch', { batch: [event('1'), event('2')], sentAt }),
      second: requestOf('/v1/batch', { batch: [event('1'), event('2')], sentAt: '2026-01-15T12:03:00Z' }),
    },
  }),
})
