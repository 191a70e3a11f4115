import { Analytics } from '@segment/analytics-node'
import type { TrackingClient } from '../tracking-client.ts'
import { playMessages } from './play-messages.ts'

export const segmentNode: TrackingClient = {
  name: '@segment/analytics-node 3.1.0',
  calls: ['page', 'identify', 'track', 'screen', 'group', 'alias'],
  paths: ['/v1/batch'],
  keepsTime: true,
  loses: [],
  triesWithWrongKey: 1,
  tellsErrors: true,
  async play({ address, writeKey }, story) {
    const analytics = new Analytics({ host: address, writeKey, httpRequestTimeout: 1_000, flushInterval: 60_000 })
    // Without a listener it prints what it could not deliver.
    analytics.on('error', () => {})
    return playMessages(analytics, segmentNode.calls, story, () => analytics.closeAndFlush({ timeout: 30_000 }))
  },
}
