import { setTimeout as pause } from 'node:timers/promises'
import { checkArrival } from './check-arrival.ts'
import type { Collector } from './collector.ts'
import { eventsOf } from './network/exchange.ts'
import { type FaultyProxy, openFaultyProxy } from './network/faulty-proxy.ts'
import type { NetworkCase } from './network-case.ts'
import { eventNames, newStory, type Story } from './story.ts'
import type { Played, TrackingClient } from './tracking-client.ts'

/** Plays one client through one network and says what is wrong; nothing when all is well. */
export async function runCase(collector: Collector, client: TrackingClient, network: NetworkCase): Promise<readonly string[]> {
  const proxy = await openFaultyProxy({ target: collector.address, faults: network.faults, ...network.network })
  try {
    const story = newStory(new Date())
    const writeKey = network.hasWrongKey ? 'a-key-that-nobody-has' : collector.writeKey
    const played = await client.play({ address: proxy.address, writeKey }, story, () => untilQuiet(proxy, client))
    return network.hasWrongKey
      ? await checkRefusal(collector, client, story, proxy, played)
      : await checkDelivery(collector, client, story, proxy, played, network)
  } finally {
    await proxy.close()
  }
}

async function checkDelivery(
  collector: Collector,
  client: TrackingClient,
  story: Story,
  proxy: FaultyProxy,
  played: Played,
  { faults }: NetworkCase,
): Promise<readonly string[]> {
  const deliveries = proxy.deliveries()
  const isLossy = faults.some(({ kind }) => client.loses.includes(kind))
  const spent = deliveries.filter(({ fate }) => fate !== 'answered').length
  const paths = [...new Set(deliveries.map(({ path }) => path.replace(/\?.*/, '')))].toSorted().join(', ')
  const redirects = proxy.exchanges.filter(({ status = 0 }) => status >= 300 && status < 400)
  return [
    ...(await checkArrival({ collector, client, story, deliveries, isLossy })),
    ...(spent === faults.length || spent === deliveries.length ? [] : [`the network failed ${spent} times instead of ${faults.length}`]),
    ...(paths === client.paths.toSorted().join(', ') ? [] : [`sent to ${paths}`]),
    ...redirects.map(({ path, status }) => `${path} was answered with a redirect, ${status}`),
    ...(played.errors.length > 0 === (isLossy && client.tellsErrors) ? [] : [`the client told of ${JSON.stringify(played.errors)}`]),
  ]
}

/** Nothing under a key that nobody has is kept, and the client knows. */
async function checkRefusal(
  collector: Collector,
  client: TrackingClient,
  story: Story,
  proxy: FaultyProxy,
  played: Played,
): Promise<readonly string[]> {
  const deliveries = proxy.deliveries()
  const tries = Map.groupBy(deliveries.flatMap(eventsOf), ({ messageId }) => messageId)
  await collector.stored()
  const failed = (await collector.failedEvents()).filter(({ payload }) => payload.includes(story.userId))
  return [
    ...deliveries.filter(({ status }) => status !== 401).map(({ path, status }) => `${path} was answered ${status}`),
    ...(tries.size === (client.triesWithWrongKey === 0 ? 0 : eventNames(client.calls).length) ? [] : [`${tries.size} events were sent`]),
    ...[...tries.values()].filter(({ length }) => length !== client.triesWithWrongKey).map(({ length }) => `sent ${length} times`),
    ...((await collector.person(`user_id:${story.userId}`)) === undefined ? [] : ['somebody came in with a wrong key']),
    ...failed.map(({ code }) => `kept as ${code} though nobody knows whose it is`),
    ...(played.errors.length === 0 ? ['the client told nobody'] : []),
  ]
}

const QUIET_MS = 25_000
const STEP_MS = 25

/** Until every event of the story has had its last fate on the network. */
async function untilQuiet(proxy: FaultyProxy, client: TrackingClient): Promise<void> {
  const due = eventNames(client.calls).length
  for (let waited = 0; waited < QUIET_MS; waited += STEP_MS) {
    const ended = proxy.deliveries().filter(({ fate }) => fate === 'answered' || client.loses.includes(fate))
    if (new Set(ended.flatMap(eventsOf).map(({ messageId }) => messageId)).size >= due) return
    await pause(STEP_MS)
  }
}
