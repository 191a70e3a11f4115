import Analytics from '@rudderstack/rudder-sdk-node'
import type { TrackingClient } from '../tracking-client.ts'
import { playMessages } from './play-messages.ts'

export const rudderNode: TrackingClient = {
  name: '@rudderstack/rudder-sdk-node 3.0.13',
  calls: ['page', 'identify', 'track', 'screen', 'group', 'alias'],
  paths: ['/v1/batch'],
  keepsTime: true,
  loses: ['hang'],
  triesWithWrongKey: 1,
  tellsErrors: true,
  async play({ address, writeKey }, story) {
    const analytics = new Analytics(writeKey, {
      dataPlaneUrl: address,
      logLevel: 'none',
      // Its timeout spans all tries of a request, and it waits as long as it is told between them.
      axiosConfig: { timeout: 4_000 },
      errorHandler: () => {},
    })
    return playMessages(analytics, rudderNode.calls, story, () => analytics.flush())
  },
}
