import { randomUUID } from 'node:crypto'
import { createSegmentSource, segmentConfig } from '@tenon/plugin-source-segment'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeClients } from './clients.ts'
import { type Collector, openCollector } from './collector.ts'
import { eventsOf } from './network/exchange.ts'
import { openFaultyProxy } from './network/faulty-proxy.ts'
import { basic } from './post.ts'
import { newStory } from './story.ts'

let collector: Collector
beforeAll(async () => {
  collector = await openCollector()
})
afterAll(() => collector.close())

const { routes } = createSegmentSource(segmentConfig.parse({}))
const paths = routes.map(({ path, methods }) => ({
  path: path.replace(':type', 'track').replace(':key', 'write-key-of-the-clients'),
  method: methods.find((method) => method !== 'OPTIONS') ?? 'POST',
}))
/** Everything that makes other servers redirect. */
const ways: readonly (readonly [string, (path: string) => string, Readonly<Record<string, string>>])[] = [
  ['a slash at the end', (path) => `${path}/`, {}],
  ['two slashes at the end', (path) => `${path}//`, {}],
  ['doubled slashes', (path) => path.replaceAll('/', '//'), {}],
  ['a slash at the end before a query', (path) => `${path}/?writeKey=write-key-of-the-clients`, {}],
  ['plain HTTP before a proxy', (path) => path, { 'x-forwarded-proto': 'http', forwarded: 'proto=http' }],
  ['the name of another host', (path) => path, { 'x-forwarded-host': 'www.collect.example' }],
  ['a wish for HTTPS', (path) => path, { 'upgrade-insecure-requests': '1' }],
]

describe('trap 2: the collector never redirects', () => {
  it.each(paths)('$method $path', async ({ method, path }) => {
    const userId = `redirect-${randomUUID()}`
    for (const [way, change, headers] of ways) {
      for (const asked of [method, 'OPTIONS', 'HEAD', 'PUT']) {
        const event = { type: 'track', event: 'Kept', userId, groupId: 'g', previousId: userId, messageId: `${asked} ${way} ${userId}` }
        const response = await fetch(`${collector.address}${change(path)}`, {
          method: asked,
          redirect: 'manual',
          headers: { authorization: basic(collector.writeKey), origin: 'https://shop.example', ...headers },
          ...(asked === 'POST' ? { body: JSON.stringify(event) } : {}),
        })
        await response.arrayBuffer()
        expect(response.headers.get('location'), `${asked} with ${way}`).toBeNull()
        const status = asked === method ? 200 : asked === 'OPTIONS' ? 204 : response.status
        expect(response.status, `${asked} with ${way}`).toBe(status)
        expect(response.status < 300 || response.status >= 400, `${asked} with ${way}: ${response.status}`).toBe(true)
      }
    }
    await collector.stored()
    const kept = method === 'POST' && path !== '/v1/m' ? ways.length : 0
    expect((await collector.person(`user_id:${userId}`))?.events.length ?? 0).toBe(kept)
  })
})

describe('trap 2: what a redirect of somebody else does', () => {
  const asGet = [301, 302, 303]
  it.each(nodeClients.flatMap(({ name }) => [...asGet, 307, 308].map((status) => [name, status] as const)))(
    '%s loses its events behind a %i and tells nobody',
    async (name, status) => {
      const client = nodeClients.find((each) => each.name === name)
      const faults = Array.from({ length: 20 }, () => ({ kind: 'redirect', status }) as const)
      const proxy = await openFaultyProxy({ target: collector.address, faults })
      try {
        const story = newStory(new Date())
        const played = await client?.play({ address: proxy.address, writeKey: collector.writeKey }, story, async () => {})
        expect(played?.errors).toEqual([])
        const followed = proxy.exchanges.filter(({ path }) => path.startsWith('/elsewhere'))
        expect(followed.length).toBeGreaterThan(0)
        // Whoever answers 307 or 308 gets the events; whoever answers 301, 302 or 303 gets an empty GET.
        expect(new Set(followed.map(({ method }) => method))).toEqual(new Set([asGet.includes(status) ? 'GET' : 'POST']))
        expect(followed.flatMap(eventsOf).length > 0).toBe(!asGet.includes(status))
        expect(await collector.person(`user_id:${story.userId}`)).toBeUndefined()
      } finally {
        await proxy.close()
      }
    },
  )
})
