import { randomUUID } from 'node:crypto'
import { createSegmentSource, segmentConfig } from '@tenon/plugin-source-segment'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { behindRedirect, lostBehind } from './behind-a-redirect.ts'
import { nodeClients } from './clients.ts'
import { type Collector, openCollector } from './collector.ts'
import { basic } from './post.ts'

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
  const cases = nodeClients.flatMap((client) => [301, 302, 303, 307, 308].map((status) => [client.name, status, client] as const))
  it.each(cases)('%s loses its events behind a %i and tells nobody', async (_name, status, client) => {
    expect(await behindRedirect(collector, client, status)).toEqual(lostBehind(client, status))
  })
})
