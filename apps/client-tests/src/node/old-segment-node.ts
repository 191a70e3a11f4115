/// <reference path="./analytics-node.d.ts" />
import Analytics from 'analytics-node'
import type { TrackingClient } from '../tracking-client.ts'
import { playMessages } from './play-messages.ts'

export const oldSegmentNode: TrackingClient = {
  name: 'analytics-node 6.2.0',
  calls: ['page', 'identify', 'track', 'screen', 'group', 'alias'],
  paths: ['/v1/batch'],
  keepsTime: true,
  loses: ['hang'],
  triesWithWrongKey: 1,
  tellsErrors: true,
  async play({ address, writeKey }, story) {
    // Its timeout spans all tries of a request.
    const analytics = new Analytics(writeKey, { host: address, timeout: 4_000, errorHandler: () => {} })
    return playMessages(analytics, oldSegmentNode.calls, story, () => analytics.flush())
  },
}
