import type { Page } from 'playwright-core'
import type { Story } from '../story.ts'
import type { Target, TrackingClient } from '../tracking-client.ts'
import type { Loaded, TestBrowser } from './open-browser.ts'

/** What the page holds once the library is loaded; the part of its face that is used here. */
export interface RudderWindow {
  readonly rudderanalytics: { readonly RudderAnalytics: new () => RudderBrowser }
  rudder: RudderBrowser
}

interface RudderBrowser {
  load(writeKey: string, dataPlaneUrl: string, options: RudderLoadOptions): void
  ready(callback: () => void): void
  setAnonymousId(id: string): void
  page(category: undefined, name: string, properties: object): void
  identify(userId: string, traits: object): void
  track(event: string, properties: object, options?: { readonly originalTimestamp: string }): void
  group(groupId: string, traits: object): void
  alias(to: string, from: string): void
}

interface RudderLoadOptions {
  readonly configUrl: string
  readonly onLoaded: () => void
  readonly useBeacon?: boolean
  readonly beaconQueueOptions?: { readonly flushQueueInterval: number }
  readonly queueOptions?: {
    readonly minRetryDelay?: number
    readonly batch?: { readonly enabled: boolean; readonly flushInterval: number }
  }
}

export interface RudderOptions {
  readonly beaconMs?: number
  readonly batchMs?: number
}

/** Loads the library with its configuration and events from the collector alone. */
export async function loadRudder(page: Page, { address, writeKey }: Target, options: RudderOptions = {}): Promise<Loaded> {
  // It tells of a configuration that it can not get on the console alone.
  const complaint = page.waitForEvent('console', { predicate: (message) => message.text().includes('source config'), timeout: 0 })
  const loaded = page.evaluate(
    ({ url, key, beaconMs, batchMs }) =>
      new Promise<void>((resolve) => {
        const scope = globalThis as typeof globalThis & RudderWindow
        scope.rudder = new scope.rudderanalytics.RudderAnalytics()
        scope.rudder.load(key, url, {
          configUrl: url,
          onLoaded: resolve,
          ...(beaconMs === undefined ? {} : { useBeacon: true, beaconQueueOptions: { flushQueueInterval: beaconMs } }),
          queueOptions: { minRetryDelay: 100, ...(batchMs === undefined ? {} : { batch: { enabled: true, flushInterval: batchMs } }) },
        })
      }),
    { url: address, key: writeKey, beaconMs: options.beaconMs, batchMs: options.batchMs },
  )
  // Whichever does not come ends with the page.
  return Promise.any([
    loaded.then(() => ({ ok: true }) as const),
    complaint.then((message) => ({ ok: false, error: message.text() }) as const),
  ])
}

async function playRudder(page: Page, story: Story): Promise<void> {
  await page.evaluate(
    ({ userId, anonymousId, formerId, groupId, traits, order, orderedAt }) => {
      const { rudder } = globalThis as typeof globalThis & RudderWindow
      rudder.setAnonymousId(formerId)
      rudder.track('Landed', {})
      rudder.setAnonymousId(anonymousId)
      rudder.page(undefined, 'Home', { url: 'https://shop.example/' })
      rudder.identify(userId, traits)
      rudder.track('Order Completed', order, { originalTimestamp: new Date(orderedAt).toISOString() })
      rudder.group(groupId, { name: 'Acme' })
      rudder.alias(userId, formerId)
    },
    { ...story, orderedAt: story.orderedAt.getTime() },
  )
}

export function rudderJs(browser: TestBrowser, options: RudderOptions = {}): TrackingClient {
  const { beaconMs, batchMs } = options
  const way = beaconMs !== undefined ? ' (beacons)' : batchMs !== undefined ? ' (batches)' : ''
  return {
    name: `@rudderstack/analytics-js 3.34.1${way}`,
    calls: ['page', 'identify', 'track', 'group', 'alias'],
    paths:
      beaconMs !== undefined
        ? ['/beacon/v1/batch']
        : batchMs !== undefined
          ? ['/v1/batch']
          : ['/v1/track', '/v1/page', '/v1/identify', '/v1/group', '/v1/alias'],
    keepsTime: true,
    // It waits half a minute for an answer, and hears nothing of what becomes of a beacon.
    loses: beaconMs === undefined ? ['hang'] : ['status', 'reset', 'hang', 'lose-answer'],
    triesWithWrongKey: 0,
    tellsErrors: false,
    async play(target, story, settled) {
      const { page, close } = await browser.open('rudder')
      try {
        const loaded = await loadRudder(page, target, options)
        if (!loaded.ok) return { errors: [loaded.error] }
        await playRudder(page, story)
        await settled()
        return { errors: [] }
      } finally {
        await close()
      }
    },
  }
}
