import { Analytics } from '@customerio/cdp-analytics-node'
import type { TrackingClient } from '../tracking-client.ts'
import { playMessages } from './play-messages.ts'

const maxRetries = 4

export const customerioNode: TrackingClient = {
  name: '@customerio/cdp-analytics-node 0.5.9',
  calls: ['page', 'identify', 'track', 'screen', 'group', 'alias'],
  paths: ['/v1/batch'],
  keepsTime: true,
  loses: [],
  triesWithWrongKey: maxRetries + 1,
  tellsErrors: true,
  async play({ address, writeKey }, story) {
    const analytics = new Analytics({ host: address, writeKey, httpRequestTimeout: 1_000, flushInterval: 60_000, maxRetries })
    analytics.on('error', () => {})
    return playMessages(analytics, customerioNode.calls, story, () => analytics.closeAndFlush({ timeout: 30_000 }))
  },
}
