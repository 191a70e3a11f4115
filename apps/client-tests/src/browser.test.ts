import { readFileSync } from 'node:fs'
import { createSegmentSource, segmentConfig } from '@tenon/plugin-source-segment'
import { dataSet, skipReason } from '@tenon/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, openBrowser, type ShopPage, type TestBrowser } from './browser/open-browser.ts'
import { loadRudder, type RudderOptions, type RudderWindow } from './browser/rudder-js.ts'
import { loadSegment, type SegmentOptions, type SegmentWindow } from './browser/segment-next.ts'
import { type Collector, openCollector } from './collector.ts'
import { cameOut, documented } from './documented.ts'
import { type Exchange, eventsOf, jsonOf } from './network/exchange.ts'
import type { Fault } from './network/fault.ts'
import { type FaultyProxy, openFaultyProxy } from './network/faulty-proxy.ts'
import { basic } from './post.ts'
import { newStory } from './story.ts'
import { type Call, whatCallsSay } from './what-calls-say.fixture.ts'

const executable = await findChromium()
const missing = skipReason({
  suite: 'pages in a browser',
  found: executable,
  reason: 'no chromium is on the path, and TENON_CHROMIUM names none',
})
const calls = dataSet({ name: 'events/segment-spec-js-calls.jsonl', suite: 'the calls of the Segment specification' })
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

describe.skipIf(missing !== undefined)(
  `pages in a browser${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  { timeout: 60_000 },
  () => {
    let collector: Collector
    let browser: TestBrowser
    beforeAll(async () => {
      ;[collector, browser] = await Promise.all([openCollector(), openBrowser(executable ?? '')])
    })
    afterAll(() => Promise.all([collector.close(), browser.close()]))

    interface Shop extends ShopPage {
      readonly proxy: FaultyProxy
      /** Resolves once the network has seen what is asked for. */
      until(seen: (exchanges: readonly Exchange[]) => boolean): Promise<void>
    }

    async function inShop(library: 'segment' | 'rudder', faults: readonly Fault[], visit: (shop: Shop) => Promise<void>): Promise<void> {
      const proxy = await openFaultyProxy({ target: collector.address, faults })
      const shop = await browser.open(library)
      try {
        await visit({ ...shop, proxy, until: (seen) => expect.poll(() => seen(proxy.exchanges), { timeout: 15_000 }).toBe(true) })
      } finally {
        await shop.close()
        await proxy.close()
      }
    }
    const segment = (options: SegmentOptions, faults: readonly Fault[], visit: (shop: Shop) => Promise<void>) =>
      inShop('segment', faults, async (shop) => {
        expect(await loadSegment(shop.page, { address: shop.proxy.address, writeKey: collector.writeKey }, options)).toEqual({ ok: true })
        await visit(shop)
      })
    const rudder = (options: RudderOptions, faults: readonly Fault[], visit: (shop: Shop) => Promise<void>) =>
      inShop('rudder', faults, async (shop) => {
        expect(await loadRudder(shop.page, { address: shop.proxy.address, writeKey: collector.writeKey }, options)).toEqual({ ok: true })
        await visit(shop)
      })
    const sent = (exchanges: readonly Exchange[], count: number): boolean =>
      exchanges.filter(({ method, fate }) => method === 'POST' && fate === 'answered').flatMap(eventsOf).length >= count

    it('may send to every path from another origin, with the headers of a retry', async () => {
      await inShop('segment', [], async ({ page }) => {
        for (const { path, methods } of createSegmentSource(segmentConfig.parse({})).routes) {
          const url = `${collector.address}${path.replace(':type', 'track').replace(':key', collector.writeKey)}`
          const method = methods.find((each) => each !== 'OPTIONS') ?? 'POST'
          const status = await page.evaluate(
            async ([to, how, key]) => {
              const headers = { authorization: key, 'x-retry-count': '1', 'x-write-key': 'a:b', anonymousid: 'YQ==', sentat: '2026-01-01' }
              const body = how === 'POST' ? JSON.stringify({ type: 'track', event: 'A', groupId: 'g', userId: 'u', previousId: 'p' }) : null
              const { authorization, ...others } = headers
              const answer = await fetch(to, { method: how, headers: { authorization, ...others }, body, credentials: 'include' })
              return answer.status
            },
            [url, method, basic(collector.writeKey)] as const,
          )
          expect(status, `${method} ${path}`).toBe(200)
        }
      })
    })

    it('analytics-next asks for settings, is preflighted on every path, and sends text/plain with the key in both places', async () => {
      const { userId } = newStory(new Date())
      await segment({}, [{ kind: 'status', status: 503 }], async ({ page, proxy, until }) => {
        await page.evaluate(async (id) => {
          const { analytics } = globalThis as typeof globalThis & SegmentWindow
          await analytics.page(undefined, 'Home', {})
          await analytics.identify(id, {})
          await analytics.track('Seen', {})
          await analytics.screen(undefined, 'Cart')
          await analytics.group('g', {})
          await analytics.alias(`${id}-too`)
        }, userId)
        await until((exchanges) => sent(exchanges, 6))
        expect(proxy.exchanges.find(({ method }) => method === 'GET')?.path).toBe(`/v1/projects/${collector.writeKey}/settings`)
        const paths = new Set(proxy.deliveries().map(({ path }) => path))
        expect([...paths].toSorted()).toEqual(['/v1/a', '/v1/g', '/v1/i', '/v1/p', '/v1/s', '/v1/t'])
        const preflights = (path: string) =>
          proxy.exchanges
            .filter((exchange) => exchange.method === 'OPTIONS' && exchange.path === path)
            .flatMap(({ headers }) => headers['access-control-request-headers']?.split(',') ?? [])
        for (const { path, headers, body } of proxy.deliveries()) {
          expect(headers['content-type']).toMatch(/^text\/plain/)
          expect(headers.authorization).toBe(basic(collector.writeKey))
          expect(jsonOf({ body })).toMatchObject({ writeKey: collector.writeKey, sentAt: expect.stringMatching(INSTANT) })
          expect(preflights(path), path).toContain('authorization')
        }
        const retried = proxy.deliveries().filter(({ headers }) => headers['x-retry-count'] !== undefined)
        expect(retried.map(({ path }) => path)).toEqual(['/v1/p'])
        expect(preflights('/v1/p')).toContain('x-retry-count')
      })
    })

    it('analytics-next reports metrics to /v1/m and gets an answer it likes', async () => {
      await segment({ metricsMs: 200 }, [], async ({ page, until }) => {
        await page.evaluate(() => {
          const { analytics } = globalThis as typeof globalThis & SegmentWindow
          void analytics.track('Measured', {})
        })
        await until((exchanges) => exchanges.some(({ path, status, method }) => method === 'POST' && path === '/v1/m' && status === 200))
      })
    })

    it('trap 1: a POST whose connection breaks after it was stored is sent again by itself, and stored once', async () => {
      const { userId } = newStory(new Date())
      await segment({}, [], async ({ page, proxy, until }) => {
        const track = (name: string) =>
          page.evaluate(
            ([event, id]) => {
              const { analytics } = globalThis as typeof globalThis & SegmentWindow
              return analytics.identify(id, { event }).then(() => undefined)
            },
            [name, userId] as const,
          )
        await track('first')
        await until((exchanges) => sent(exchanges, 1))
        // A connection that has worked before, and breaks now: Chromium repeats the request without telling the page.
        proxy.failNext({ kind: 'lose-answer' })
        await track('second')
        await until((exchanges) => sent(exchanges, 2))
        const [lost, again] = proxy.deliveries().slice(1)
        expect(lost?.fate).toBe('lose-answer')
        expect(again?.body.equals(lost?.body ?? Buffer.alloc(0))).toBe(true)
        await collector.stored()
        expect((await collector.person(`user_id:${userId}`))?.events).toHaveLength(2)
      })
    })

    it('trap 7: an alias while identified is of the user with himself and does nothing; another user is another person', async () => {
      const { userId, formerId } = newStory(new Date())
      await segment({}, [], async ({ page, proxy, until }) => {
        const names = await page.evaluate(
          async ([first, second]) => {
            const { analytics } = globalThis as typeof globalThis & SegmentWindow
            const anonymous = async () => (await analytics.user()).anonymousId()
            await analytics.identify(first, {})
            const before = await anonymous()
            await analytics.alias(second)
            await analytics.identify(second, {})
            return [before, await anonymous()]
          },
          [userId, formerId] as const,
        )
        await until((exchanges) => sent(exchanges, 3))
        const alias = proxy.deliveries().find(({ path }) => path === '/v1/a')
        expect(alias === undefined ? undefined : jsonOf(alias)).toMatchObject({ userId, previousId: userId })
        expect(names[0]).not.toBe(names[1])
        await collector.stored()
        const [one, other] = [await collector.person(`user_id:${userId}`), await collector.person(`user_id:${formerId}`)]
        expect(one?.profile.identifiers.map(({ value }) => value)).not.toContain(formerId)
        expect(one?.events.map(({ type }) => type).toSorted()).toEqual(['alias', 'identify'])
        expect(other?.events.map(({ type }) => type)).toEqual(['identify'])
      })
    })

    it('analytics-next sends what waits when its page goes away', async () => {
      const { userId } = newStory(new Date())
      await segment({ batchMs: 60_000 }, [], async ({ page, proxy, until }) => {
        // Both wait in its batch before the page goes away: what is still on its way there, the client itself loses.
        await page.evaluate(async (id) => {
          const { analytics } = globalThis as typeof globalThis & SegmentWindow
          await analytics.identify(id, {})
          await analytics.track('Left', {})
        }, userId)
        await page.goto('about:blank')
        await until((exchanges) => sent(exchanges, 2))
        expect(proxy.deliveries().map(({ path }) => path)).toEqual(['/v1/b'])
        expect(proxy.exchanges.some(({ method, path }) => method === 'OPTIONS' && path === '/v1/b')).toBe(true)
        await collector.stored()
        const events = (await collector.person(`user_id:${userId}`))?.events
        expect(events?.map(({ name }) => name).toSorted()).toEqual(['Left', 'identify'])
      })
    })

    it('analytics-js asks for its configuration, and sends one event with its own headers', async () => {
      const { userId } = newStory(new Date())
      await rudder({}, [{ kind: 'status', status: 503 }], async ({ page, proxy, until }) => {
        await page.evaluate((id) => {
          const { rudder: api } = globalThis as typeof globalThis & RudderWindow
          api.identify(id, {})
          api.track('Seen', {})
        }, userId)
        await until((exchanges) => sent(exchanges, 2))
        expect(proxy.exchanges.find(({ method }) => method === 'GET')?.path).toMatch(/^\/sourceConfig\/\?/)
        for (const exchange of proxy.deliveries()) {
          expect(exchange.headers.authorization).toBe(basic(collector.writeKey))
          const [event, ...others] = eventsOf(exchange)
          expect(others).toEqual([])
          expect(Buffer.from(String(exchange.headers.anonymousid), 'base64').toString()).toBe(event?.anonymousId)
          expect(exchange.headers.sentat).toMatch(INSTANT)
          expect(exchange.headers.sentat).toBe(event?.sentAt)
        }
        const retried = proxy.deliveries().filter(({ headers }) => Object.keys(headers).some((name) => name.startsWith('rsa-')))
        expect(retried).not.toEqual([])
        expect(retried.map(({ status }) => status)).toContain(200)
      })
    })

    it('analytics-js sends beacons with the key in the query alone', async () => {
      const { userId } = newStory(new Date())
      await rudder({ beaconMs: 60_000 }, [], async ({ page, proxy, until }) => {
        await page.evaluate((id) => {
          const { rudder: api } = globalThis as typeof globalThis & RudderWindow
          api.identify(id, {})
          api.track('Left', {})
        }, userId)
        await page.goto('about:blank')
        await until((exchanges) => sent(exchanges, 2))
        const [beacon] = proxy.deliveries()
        expect(beacon?.path).toBe(`/beacon/v1/batch?writeKey=${collector.writeKey}`)
        expect(beacon?.headers.authorization).toBeUndefined()
        expect(beacon?.headers['content-type']).toMatch(/^text\/plain/)
        expect(beacon === undefined ? undefined : jsonOf(beacon)).toEqual({
          batch: [expect.objectContaining({ type: 'identify' }), expect.objectContaining({ type: 'track' })],
          sentAt: expect.stringMatching(INSTANT),
        })
        await collector.stored()
        const events = (await collector.person(`user_id:${userId}`))?.events
        expect(events?.map(({ name }) => name).toSorted()).toEqual(['Left', 'identify'])
      })
    })

    it.skipIf(calls.missing !== undefined)(
      `all calls of the Segment specification come out as they were made${calls.missing === undefined ? '' : ` (skipped: ${calls.missing})`}`,
      async () => {
        const made: readonly Call[] = readFileSync(calls.path, 'utf8')
          .trim()
          .split('\n')
          .map((row) => JSON.parse(row))
        expect(made).toHaveLength(55)
        await segment({}, [], async ({ page, proxy, until }) => {
          const { anonymousId, ids } = await page.evaluate(async (list) => {
            const scope = globalThis as typeof globalThis & SegmentWindow
            const api: Readonly<Record<string, unknown>> = { ...scope.analytics }
            const messages: string[] = []
            for (const { method, args } of list) {
              const call = api[method] ?? Reflect.get(scope.analytics, method)
              if (typeof call !== 'function') throw new Error(`no ${method}`)
              const { event } = (await Reflect.apply(call, scope.analytics, args)) as { readonly event: { readonly messageId: string } }
              messages.push(event.messageId)
            }
            return { anonymousId: (await scope.analytics.user()).anonymousId(), ids: messages }
          }, made)
          expect(new Set(ids).size).toBe(55)
          await until((exchanges) => sent(exchanges, 55))
          const wire = proxy.deliveries().flatMap(eventsOf)
          expect(wire.map(({ messageId }) => messageId).toSorted()).toEqual(ids.toSorted())
          await collector.stored()
          const people = new Set(wire.flatMap(({ userId }) => (typeof userId === 'string' ? `user_id:${userId}` : [])))
          const stored = new Map(
            (await Promise.all([`anonymous_id:${anonymousId}`, ...people].map((id) => collector.person(id))))
              .flatMap((person) => person?.events ?? [])
              .map((event) => [event.messageId, cameOut(event)]),
          )
          for (const event of wire) expect(stored.get(event.messageId), `${event.type} ${event.messageId}`).toEqual(documented(event))
          for (const [index, said] of whatCallsSay(made).entries()) {
            const event = stored.get(ids[index] ?? '')
            expect(event, JSON.stringify(made[index])).toEqual({ ...event, ...said })
          }
        })
      },
    )
  },
)
