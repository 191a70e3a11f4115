import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkArrival } from './check-arrival.ts'
import { nodeClients } from './clients.ts'
import { type Collector, openCollector } from './collector.ts'
import { type Exchange, eventsOf, isRecord, jsonOf } from './network/exchange.ts'
import type { Fault } from './network/fault.ts'
import { openFaultyProxy } from './network/faulty-proxy.ts'
import { openTokenServer } from './network/token-server.ts'
import { segmentNodeAfterOAuth } from './node/segment-node.ts'
import { basic } from './post.ts'
import { newStory } from './story.ts'

let collector: Collector
beforeAll(async () => {
  collector = await openCollector()
})
afterAll(() => collector.close())

async function sentBy(name: string, faults: readonly Fault[] = []): Promise<readonly Exchange[]> {
  const client = nodeClients.find((each) => each.name.startsWith(name))
  if (client === undefined) throw new Error(`no client ${name}`)
  const proxy = await openFaultyProxy({ target: collector.address, faults })
  try {
    await client.play({ address: proxy.address, writeKey: collector.writeKey }, newStory(new Date()), async () => {})
    expect([...new Set(proxy.deliveries().map(({ path }) => path))].toSorted()).toEqual(client.paths.toSorted())
    return proxy.deliveries()
  } finally {
    await proxy.close()
  }
}

const keysOf = (exchange: Exchange): readonly string[] => {
  const body = jsonOf(exchange)
  return isRecord(body) ? Object.keys(body).toSorted() : []
}

/** The table of CLIENTS.md: when a new version of a client fails here, the page is out of date. */
describe('on the wire', () => {
  it.each([
    ['@segment/analytics-node', ['batch', 'sentAt', 'writeKey']],
    ['@customerio/cdp-analytics-node', ['batch']],
    ['analytics-node', ['batch', 'sentAt', 'timestamp']],
    ['@expo/rudder-sdk-node', ['batch', 'sentAt']],
    ['@june-so/analytics-node', ['batch', 'sentAt']],
  ])('%s sends JSON with a key in Basic and %j', async (name, keys) => {
    for (const exchange of await sentBy(name)) {
      expect(exchange.headers.authorization).toBe(basic(collector.writeKey))
      expect(exchange.headers['content-type']).toMatch(/^application\/json/)
      expect(keysOf(exchange)).toEqual(keys)
    }
  })

  it('@segment/analytics-node sends the token of its OAuth server as Bearer, and its key in the body', async () => {
    const oauth = await openTokenServer()
    const proxy = await openFaultyProxy({ target: collector.address })
    try {
      const client = segmentNodeAfterOAuth({ clientId: 'shop', clientKey: oauth.clientKey, keyId: 'key-1', authServer: oauth.address })
      const story = newStory(new Date())
      const played = await client.play({ address: proxy.address, writeKey: collector.writeKey }, story, async () => {})
      expect(played.errors).toEqual([])
      expect(oauth.answers).toEqual([200])
      const deliveries = proxy.deliveries()
      for (const exchange of deliveries) {
        expect(exchange.headers.authorization).toBe(`Bearer ${oauth.token}`)
        expect(jsonOf(exchange)).toMatchObject({ writeKey: collector.writeKey })
        expect(exchange.status).toBe(200)
      }
      expect(await checkArrival({ collector, client, story, deliveries, isLossy: false })).toEqual([])
    } finally {
      await proxy.close()
      await oauth.close()
    }
  })

  it('@rudderstack/rudder-sdk-node sends gzip under the type of a form, with the times of each event', async () => {
    for (const exchange of await sentBy('@rudderstack/rudder-sdk-node')) {
      expect(exchange.headers.authorization).toBe(basic(collector.writeKey))
      expect(exchange.headers['content-type']).toBe('application/x-www-form-urlencoded')
      expect(exchange.headers['content-encoding']).toBe('gzip')
      expect(JSON.parse(gunzipSync(exchange.body).toString('utf8'))).toHaveProperty('batch')
      for (const event of eventsOf(exchange))
        expect(event).toMatchObject({ originalTimestamp: expect.any(String), sentAt: expect.any(String) })
    }
  })

  it.each(['@jitsu/js 1.11.0', '@jitsu/js 1.11.0 (s2s)'])('%s sends one event with id:secret in X-Write-Key', async (name) => {
    for (const exchange of await sentBy(name)) {
      expect(exchange.headers['x-write-key']).toBe(`any-name:${collector.writeKey}`)
      expect(exchange.headers.authorization).toBeUndefined()
      expect(eventsOf(exchange)).toHaveLength(1)
    }
  })

  it.each([
    ['@segment/analytics-node', 'a new sentAt'],
    ['@june-so/analytics-node', 'a new sentAt'],
    ['@customerio/cdp-analytics-node', 'the same body'],
    ['analytics-node', 'the same body'],
    ['@rudderstack/rudder-sdk-node', 'the same body'],
    ['@expo/rudder-sdk-node', 'the same body'],
  ])('%s tries again with the same messageId and %s', async (name, change) => {
    const tries = Map.groupBy(await sentBy(name, [{ kind: 'lose-answer' }]), (exchange) =>
      eventsOf(exchange)
        .map(({ messageId }) => messageId)
        .join(),
    )
    const again = [...tries.values()].filter(({ length }) => length > 1)
    expect(again.map(({ length }) => length)).toEqual([2])
    for (const [first, second] of again) {
      const isSame = first !== undefined && second !== undefined && first.body.equals(second.body)
      expect(isSame ? 'the same body' : 'a new sentAt').toBe(change)
    }
  })
})
