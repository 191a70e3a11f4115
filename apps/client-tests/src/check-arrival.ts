import type { Collector, Person, StoredEvent } from './collector.ts'
import { type Exchange, eventsOf, isReached } from './network/exchange.ts'
import { eventNames, type Story } from './story.ts'
import type { TrackingClient } from './tracking-client.ts'

/** Everything about a story in the store that is not as it must be; nothing when all is well. */
export async function checkArrival(situation: {
  readonly collector: Collector
  readonly client: TrackingClient
  readonly story: Story
  /** What the network saw. */
  readonly deliveries: readonly Exchange[]
  /** Whether the network had faults that cost this client events. */
  readonly isLossy: boolean
}): Promise<readonly string[]> {
  const { collector, client, story, deliveries, isLossy } = situation
  const reached = deliveries.filter(isReached).flatMap(eventsOf)
  const arrived = new Set(reached.map(({ messageId }) => messageId))
  const lost = new Set(
    deliveries
      .flatMap(eventsOf)
      .map(({ messageId }) => messageId)
      .filter((id) => !arrived.has(id)),
  )
  if (lost.size > 0 && !isLossy) return [`${lost.size} events never reached the server`]
  await collector.stored()
  const failed = (await collector.failedEvents()).filter(({ payload }) => payload.includes(story.userId))
  const person = await collector.person(`user_id:${story.userId}`)
  if (person === undefined) return isLossy && arrived.size === 0 ? [] : [`nobody goes by ${story.userId}`]
  return [
    ...failed.map(({ code, payload }) => `refused as ${code}: ${payload.slice(0, 200)}`),
    ...checkOnce(person.events, arrived),
    ...checkOrder(person.events),
    ...(lost.size === 0 ? [...checkNames(client, person), ...checkPerson(client, story, person)] : []),
    ...checkOrdered(client, story, person.events),
  ]
}

/** What reached the server is stored, each event once, and nothing else is. */
function checkOnce(events: readonly StoredEvent[], arrived: ReadonlySet<string>): readonly string[] {
  const stored = new Set(events.map(({ messageId }) => messageId))
  return [
    ...(stored.size === events.length ? [] : [`stored twice: ${events.length} rows of ${stored.size} events`]),
    ...[...arrived].filter((id) => !stored.has(id)).map((id) => `answered with success and not stored: ${id}`),
    ...[...stored].filter((id) => !arrived.has(id)).map((id) => `stored and never sent: ${id}`),
  ]
}

function checkOrder(events: readonly StoredEvent[]): readonly string[] {
  const times = events.map(({ timestamp }) => timestamp)
  const sorted = times.toSorted().reverse()
  return times.every((time, index) => time === sorted[index]) ? [] : [`not newest first: ${times.join(', ')}`]
}

function checkNames(client: TrackingClient, { events }: Person): readonly string[] {
  const expected = eventNames(client.calls).toSorted().join(', ')
  const got = events
    .map(({ type, name }) => `${type} ${name}`)
    .toSorted()
    .join(', ')
  return got === expected ? [] : [`expected ${expected}; got ${got}`]
}

function checkPerson({ calls }: TrackingClient, story: Story, { profile, events }: Person): readonly string[] {
  const known = new Set(profile.identifiers.map(({ type, value }) => `${type}:${value}`))
  const due = [
    `user_id:${story.userId}`,
    `anonymous_id:${story.anonymousId}`,
    `email:${story.traits.email}`,
    ...(calls.includes('alias') ? [`anonymous_id:${story.formerId}`] : []),
  ]
  const group = events.find(({ type }) => type === 'group')?.group
  return [
    ...due.filter((identifier) => !known.has(identifier)).map((identifier) => `not joined: ${identifier}`),
    ...Object.entries(story.traits)
      .filter(([name, value]) => profile.traits[name] !== value)
      .map(([name]) => `trait ${name} is ${JSON.stringify(profile.traits[name])}`),
    ...(group?.id === story.groupId && group.traits.name === 'Acme' ? [] : [`the group is ${JSON.stringify(group)}`]),
  ]
}

/** The order kept all its properties, and its time up to the delay on the way: a retry may carry the first `sentAt`. */
function checkOrdered({ keepsTime }: TrackingClient, { order, orderedAt }: Story, events: readonly StoredEvent[]): readonly string[] {
  return events
    .filter(({ name }) => name === 'Order Completed')
    .flatMap(({ properties, timestamp, receivedAt }) => {
      const wrong = Object.entries(order).filter(([name, value]) => JSON.stringify(properties[name]) !== JSON.stringify(value))
      const late = Date.parse(timestamp) - orderedAt.getTime()
      const isOnTime = !keepsTime || (late >= -CLOCK_MS && late <= Date.parse(receivedAt) - orderedAt.getTime() - HOUR_MS + CLOCK_MS)
      return [
        ...wrong.map(([name]) => `property ${name} is ${JSON.stringify(properties[name])}`),
        ...(isOnTime ? [] : [`happened at ${orderedAt.toISOString()}, stored as ${timestamp}`]),
      ]
    })
}

/** Stories order one hour before they are told. */
const HOUR_MS = 3_600_000
/** Clients read their clock up to a few milliseconds after the call. */
const CLOCK_MS = 50
