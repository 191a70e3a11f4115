import { jitsuAnalytics } from '@jitsu/js'
import type { Call } from '../story.ts'
import type { TrackingClient } from '../tracking-client.ts'

/** Sends each call by itself, with a key as `id:secret`, and never tries again. */
function jitsu(name: string, path: string, s2s: boolean): TrackingClient {
  const calls: readonly Call[] = ['page', 'identify', 'track', 'group']
  return {
    name,
    calls,
    paths: calls.map((call) => `${path}/${call}`),
    keepsTime: false,
    loses: ['status', 'reset', 'hang', 'lose-answer'],
    triesWithWrongKey: 1,
    tellsErrors: true,
    async play({ address, writeKey }, story) {
      const errors: string[] = []
      const analytics = jitsuAnalytics({
        host: address,
        writeKey: `any-name:${writeKey}`,
        s2s,
        fetchTimeoutMs: 1_000,
        errorPolicy: (message) => void errors.push(String(message)),
      })
      const { userId, anonymousId, groupId, traits, order } = story
      analytics.setAnonymousId(anonymousId)
      await analytics.identify(userId, { ...traits })
      await analytics.page('Home', { url: 'https://shop.example/' })
      await analytics.track('Order Completed', { ...order, products: [...order.products] })
      await analytics.group(groupId, { name: 'Acme' })
      return { errors }
    },
  }
}

export const jitsuBrowserPaths = jitsu('@jitsu/js 1.11.0', '/api/s', false)
export const jitsuServerPaths = jitsu('@jitsu/js 1.11.0 (s2s)', '/api/s/s2s', true)
