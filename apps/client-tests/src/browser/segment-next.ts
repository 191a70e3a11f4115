import type { Page } from 'playwright-core'
import type { Story } from '../story.ts'
import type { Target, TrackingClient } from '../tracking-client.ts'
import type { Loaded, TestBrowser } from './open-browser.ts'

/** What the page holds once the library is loaded; the part of its face that is used here. */
export interface SegmentWindow {
  readonly AnalyticsNext: {
    readonly AnalyticsBrowser: { load(settings: SegmentSettings, options: SegmentLoadOptions): SegmentBrowser }
  }
  analytics: SegmentBrowser
}

interface SegmentBrowser {
  setAnonymousId(id: string): Promise<unknown>
  page(category: undefined, name: string, properties: object): Promise<unknown>
  screen(category: undefined, name: string): Promise<unknown>
  identify(userId: string, traits: object): Promise<unknown>
  track(event: string, properties: object, options?: { readonly timestamp: Date }): Promise<unknown>
  group(groupId: string, traits: object): Promise<unknown>
  alias(to: string, from?: string): Promise<unknown>
  user(): Promise<{ anonymousId(): string }>
  then<Value>(loaded: () => Value, failed: (error: unknown) => Value): Promise<Value>
}

interface SegmentSettings {
  readonly writeKey: string
  readonly cdnURL: string
}

interface SegmentLoadOptions {
  readonly integrations: SegmentIntegrations
  readonly updateCDNSettings?: (settings: object) => object
}

interface SegmentIntegrations {
  readonly 'Segment.io': {
    readonly apiHost: string
    readonly protocol: 'http'
    readonly deliveryStrategy?: { readonly strategy: 'batching'; readonly config: { readonly size: number; readonly timeout: number } }
  }
}

export interface SegmentOptions {
  readonly batchMs?: number
  readonly metricsMs?: number
}

/** Loads the library as its documentation says, with settings and events from the collector alone. */
export async function loadSegment(page: Page, { address, writeKey }: Target, options: SegmentOptions = {}): Promise<Loaded> {
  return page.evaluate(
    async ({ cdnURL, key, apiHost, batchMs, metricsMs }) => {
      const scope = globalThis as typeof globalThis & SegmentWindow
      const inBatches = { deliveryStrategy: { strategy: 'batching', config: { size: 50, timeout: batchMs ?? 0 } } } as const
      const metrics = { sampleRate: 1, flushTimer: metricsMs }
      scope.analytics = scope.AnalyticsNext.AnalyticsBrowser.load(
        { writeKey: key, cdnURL },
        {
          integrations: { 'Segment.io': { apiHost, protocol: 'http', ...(batchMs === undefined ? {} : inBatches) } },
          ...(metricsMs === undefined ? {} : { updateCDNSettings: (settings) => ({ ...settings, metrics }) }),
        },
      )
      // It is a promise of itself, loaded.
      return scope.analytics.then(
        (): Loaded => ({ ok: true }),
        (error): Loaded => ({ ok: false, error: String(error) }),
      )
    },
    {
      cdnURL: address,
      key: writeKey,
      apiHost: `${new URL(address).host}/v1`,
      batchMs: options.batchMs,
      metricsMs: options.metricsMs,
    },
  )
}

async function playSegment(page: Page, story: Story): Promise<void> {
  await page.evaluate(
    async ({ userId, anonymousId, formerId, groupId, traits, order, orderedAt }) => {
      const { analytics } = globalThis as typeof globalThis & SegmentWindow
      await analytics.setAnonymousId(formerId)
      void analytics.track('Landed', {})
      await analytics.setAnonymousId(anonymousId)
      void analytics.page(undefined, 'Home', { url: 'https://shop.example/' })
      void analytics.identify(userId, traits)
      void analytics.track('Order Completed', order, { timestamp: new Date(orderedAt) })
      void analytics.screen(undefined, 'Cart')
      void analytics.group(groupId, { name: 'Acme' })
      void analytics.alias(userId, formerId)
    },
    { ...story, orderedAt: story.orderedAt.getTime() },
  )
}

/** `batchMs`: events wait so long and go out together, to another path. */
export function segmentNext(browser: TestBrowser, options: { readonly batchMs?: number } = {}): TrackingClient {
  const isBatching = options.batchMs !== undefined
  return {
    name: `@segment/analytics-next 1.84.3${isBatching ? ' (batches)' : ''}`,
    calls: ['page', 'identify', 'track', 'screen', 'group', 'alias'],
    paths: isBatching ? ['/v1/b'] : ['/v1/t', '/v1/p', '/v1/i', '/v1/s', '/v1/g', '/v1/a'],
    keepsTime: true,
    // It waits for an answer as long as the page lives.
    loses: ['hang'],
    triesWithWrongKey: 0,
    tellsErrors: false,
    async play(target, story, settled) {
      const { page, close } = await browser.open('segment')
      try {
        const loaded = await loadSegment(page, target, options)
        if (!loaded.ok) return { errors: [loaded.error] }
        await playSegment(page, story)
        await settled()
        return { errors: [] }
      } finally {
        await close()
      }
    },
  }
}
