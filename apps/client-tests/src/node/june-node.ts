import { Analytics } from '@june-so/analytics-node'
import type { TrackingClient } from '../tracking-client.ts'
import { playMessages } from './play-messages.ts'

const maxRetries = 4

export const juneNode: TrackingClient = {
  name: '@june-so/analytics-node 8.0.0',
  calls: ['page', 'identify', 'track', 'screen', 'group'],
  paths: ['/sdk/batch'],
  keepsTime: true,
  loses: [],
  triesWithWrongKey: maxRetries + 1,
  tellsErrors: true,
  async play({ address, writeKey }, story) {
    const analytics = new Analytics(writeKey, {
      httpRequestTimeout: 1_000,
      flushInterval: 60_000,
      maxRetries,
      // Its host is fixed; its users point the name at their own collector, which this does.
      httpClient: (url, init) => fetch(String(url).replace('https://api.june.so', address), init as RequestInit),
    })
    return playMessages(analytics, juneNode.calls, story, () => analytics.closeAndFlush(30_000))
  },
}
