import { transformationConformance } from '@tenon/kernel/conformance'
import { conforms } from '@tenon/testing'
import { describe, it } from 'vitest'
import { orderDedupConfig } from './config.ts'
import { eventWith } from './event.fixture.ts'
import { orderDedup } from './order-dedup.ts'

conforms({ describe, it }, transformationConformance, {
  name: 'transform-order-dedup',
  subject: () => ({
    transformation: orderDedup(orderDedupConfig.parse({})),
    events: [eventWith({ order_id: 'o-1' }), eventWith({ orderId: 2 }), eventWith({ order_id: 'o-3', revenue: 9 })],
  }),
})
