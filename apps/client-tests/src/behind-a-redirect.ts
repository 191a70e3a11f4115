import { setTimeout as pause } from 'node:timers/promises'
import type { Collector } from './collector.ts'
import { eventsOf } from './network/exchange.ts'
import { type FaultyProxy, openFaultyProxy } from './network/faulty-proxy.ts'
import { eventNames, newStory } from './story.ts'
import type { TrackingClient } from './tracking-client.ts'

/** What becomes of a story whose every request somebody else redirects. */
export interface Redirected {
  /** Told by the client. */
  readonly errors: readonly string[]
  /** How often each event was sent. */
  readonly tries: readonly number[]
  /** Of the requests to where the redirects lead. */
  readonly methods: readonly string[]
  /** Events that got there. */
  readonly carried: number
  readonly isStored: boolean
}

export async function behindRedirect(collector: Collector, client: TrackingClient, status: number): Promise<Redirected> {
  const faults = Array.from({ length: 20 }, () => ({ kind: 'redirect', status }) as const)
  const proxy = await openFaultyProxy({ target: collector.address, faults })
  try {
    const story = newStory(new Date())
    const { errors } = await client.play({ address: proxy.address, writeKey: collector.writeKey }, story, () =>
      untilFollowed(proxy, client),
    )
    await collector.stored()
    const followed = followedOf(proxy)
    const tries = Map.groupBy(proxy.deliveries().flatMap(eventsOf), ({ messageId }) => messageId)
    return {
      errors,
      tries: [...tries.values()].map(({ length }) => length),
      methods: [...new Set(followed.map(({ method }) => method))],
      carried: followed.flatMap(eventsOf).length,
      isStored: (await collector.person(`user_id:${story.userId}`)) !== undefined,
    }
  } finally {
    await proxy.close()
  }
}

/** Whoever is answered 307 or 308 carries the events there; whoever is answered 301, 302 or 303 asks with an empty GET. */
export function lostBehind({ calls }: TrackingClient, status: number): Redirected {
  const events = eventNames(calls).length
  const isKept = status === 307 || status === 308
  return {
    errors: [],
    tries: Array.from({ length: events }, () => 1),
    methods: [isKept ? 'POST' : 'GET'],
    carried: isKept ? events : 0,
    isStored: false,
  }
}

const followedOf = ({ exchanges }: FaultyProxy) =>
  exchanges.filter(({ method, path }) => method !== 'OPTIONS' && path.startsWith('/elsewhere'))

const QUIET_MS = 15_000
const STEP_MS = 25

/** Until every event has been sent, and every request has been followed to where it leads. */
async function untilFollowed(proxy: FaultyProxy, { calls }: TrackingClient): Promise<void> {
  for (let waited = 0; waited < QUIET_MS; waited += STEP_MS) {
    const deliveries = proxy.deliveries()
    const sent = new Set(deliveries.flatMap(eventsOf).map(({ messageId }) => messageId))
    if (sent.size >= eventNames(calls).length && followedOf(proxy).length >= deliveries.length) return
    await pause(STEP_MS)
  }
}
