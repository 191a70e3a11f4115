import { createRequire } from 'node:module'
import type ExpoRudder from '@expo/rudder-sdk-node'
import type { TrackingClient } from '../tracking-client.ts'
import { playMessages } from './play-messages.ts'

export const expoRudderNode: TrackingClient = {
  name: '@expo/rudder-sdk-node 1.1.1',
  calls: ['page', 'identify', 'track', 'screen', 'group', 'alias'],
  paths: ['/v1/batch'],
  keepsTime: true,
  loses: [],
  triesWithWrongKey: 1,
  tellsErrors: true,
  async play({ address, writeKey }, story) {
    // A CommonJS package that marks itself as compiled from a module: its default export is a property.
    const { default: Analytics }: typeof ExpoRudder = createRequire(import.meta.url)('@expo/rudder-sdk-node')
    const analytics = new Analytics(writeKey, `${address}/v1/batch`, { timeout: 1_000 })
    return playMessages(analytics, expoRudderNode.calls, story, () => analytics.flush())
  },
}
