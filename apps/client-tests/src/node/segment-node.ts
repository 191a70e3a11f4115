import { Analytics, type OAuthSettings } from '@segment/analytics-node'
import type { Story } from '../story.ts'
import type { Played, Target, TrackingClient } from '../tracking-client.ts'
import { playMessages } from './play-messages.ts'

export const segmentNode: TrackingClient = {
  name: '@segment/analytics-node 3.1.0',
  calls: ['page', 'identify', 'track', 'screen', 'group', 'alias'],
  paths: ['/v1/batch'],
  keepsTime: true,
  loses: [],
  triesWithWrongKey: 1,
  tellsErrors: true,
  play: (target, story) => playSegmentNode(target, story, {}),
}

/** The same after OAuth: with a token of another server instead of the key. */
export const segmentNodeAfterOAuth = (oauthSettings: OAuthSettings): TrackingClient => ({
  ...segmentNode,
  name: `${segmentNode.name} (OAuth)`,
  play: (target, story) => playSegmentNode(target, story, { oauthSettings }),
})

async function playSegmentNode(
  { address, writeKey }: Target,
  story: Story,
  more: { readonly oauthSettings?: OAuthSettings },
): Promise<Played> {
  const analytics = new Analytics({ host: address, writeKey, httpRequestTimeout: 1_000, flushInterval: 60_000, ...more })
  // Without a listener it prints what it could not deliver.
  analytics.on('error', () => {})
  return playMessages(analytics, segmentNode.calls, story, () => analytics.closeAndFlush({ timeout: 30_000 }))
}
