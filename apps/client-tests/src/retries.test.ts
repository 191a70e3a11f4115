import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeClients } from './clients.ts'
import { type Collector, openCollector } from './collector.ts'
import { eventsOf, isReached } from './network/exchange.ts'
import type { Fault } from './network/fault.ts'
import { openFaultyProxy } from './network/faulty-proxy.ts'
import { eventNames, newStory } from './story.ts'

let collector: Collector
beforeAll(async () => {
  collector = await openCollector()
})
afterAll(() => collector.close())

/** Whether all events arrive after one fault, and how long the client waited before it tried again. */
async function after(name: string, fault: Fault): Promise<{ readonly isWhole: boolean; readonly waitedMs: number }> {
  const client = nodeClients.find((each) => each.name.startsWith(name))
  if (client === undefined) throw new Error(`no client ${name}`)
  const proxy = await openFaultyProxy({ target: collector.address, faults: [fault] })
  try {
    await client.play({ address: proxy.address, writeKey: collector.writeKey }, newStory(new Date()), async () => {})
    const [failed, ...others] = proxy.deliveries()
    const ids = failed === undefined ? [] : eventsOf(failed).map(({ messageId }) => messageId)
    const again = others.find((exchange) => eventsOf(exchange).some(({ messageId }) => ids.includes(messageId)))
    const arrived = new Set(
      proxy
        .deliveries()
        .filter(isReached)
        .flatMap(eventsOf)
        .map(({ messageId }) => messageId),
    )
    return { isWhole: arrived.size === eventNames(client.calls).length, waitedMs: (again?.at ?? 0) - (failed?.at ?? 0) }
  } finally {
    await proxy.close()
  }
}

const STATUSES = [400, 401, 403, 404, 408, 410, 413, 429, 460, 500, 501, 502, 503, 504, 505, 511]
const SERVER_ERRORS = STATUSES.filter((status) => status >= 500)

/** So an answer of ours is final or not: what is busy must be 429 or 5xx, what is wrong 400, 401 or 413. */
describe('statuses after which a client tries again', () => {
  it.each([
    ['@segment/analytics-node', [408, 410, 429, 460, ...SERVER_ERRORS.filter((status) => ![501, 505, 511].includes(status))]],
    ['@customerio/cdp-analytics-node', STATUSES.filter((status) => status !== 400)],
    ['@june-so/analytics-node', STATUSES.filter((status) => status !== 400)],
    ['analytics-node', [429, ...SERVER_ERRORS]],
    ['@rudderstack/rudder-sdk-node', [429, ...SERVER_ERRORS]],
    ['@expo/rudder-sdk-node', [429, ...SERVER_ERRORS]],
    ['@jitsu/js', []],
  ])('%s: %j', async (name, expected) => {
    const outcomes = await Promise.all(STATUSES.map(async (status) => ({ status, ...(await after(name, { kind: 'status', status })) })))
    expect(outcomes.filter(({ isWhole }) => isWhole).map(({ status }) => status)).toEqual(expected)
  })

  it.each([
    ['@segment/analytics-node', 429],
    ['@rudderstack/rudder-sdk-node', 429],
    ['@rudderstack/rudder-sdk-node', 503],
  ])('%s waits as long as Retry-After says with %i', async (name, status) => {
    const { isWhole, waitedMs } = await after(name, { kind: 'status', status, retryAfter: '2' })
    expect(isWhole).toBe(true)
    expect(waitedMs).toBeGreaterThanOrEqual(1_990)
  })
})
