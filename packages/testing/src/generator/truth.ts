import type { Step } from './journey.ts'
import type { Choices, Person } from './person.ts'

/** What really happened to one person, whatever a platform makes of the messages. */
export interface PersonTruth {
  readonly index: number
  /** Undefined for somebody who never logged in: to a shop, each of their devices is a stranger of its own. */
  readonly userId: string | undefined
  readonly email: string | undefined
  readonly phone: string | undefined
  readonly firstName: string
  readonly lastName: string
  readonly city: string
  readonly country: string
  /** On which the person logged in: these belong to one profile. */
  readonly anonymousIds: readonly string[]
  /** Used without ever logging in there. */
  readonly strangerIds: readonly string[]
  /** Of `anonymousIds` and `strangerIds`, those that somebody else uses too. */
  readonly sharedIds: readonly string[]
  readonly messages: number
  readonly orders: number
  /** Of all orders, in cents. */
  readonly revenueCents: number
  readonly firstSeenAt: Date
  readonly lastSeenAt: Date
  readonly lastOrderAt: Date | undefined
  /** As the last message said. */
  readonly choices: Choices
  /** The category that the person likes best. */
  readonly favourite: string
}

/** Follows one person; undefined for somebody who did nothing before the end. */
export function truthOf(person: Person, steps: Iterable<Step>): PersonTruth | undefined {
  const seen = new Map<string, { isShared: boolean; isKnown: boolean }>()
  let [first, last, lastOrder]: (Step | undefined)[] = []
  let [messages, orders, revenueCents] = [0, 0, 0]
  for (const step of steps) {
    const { device, isKnown, paid } = step
    first ??= step
    last = step
    messages += 1
    seen.set(device.anonymousId, { isShared: device.isShared, isKnown: isKnown || seen.get(device.anonymousId)?.isKnown === true })
    if (paid === undefined) continue
    lastOrder = step
    orders += 1
    revenueCents += paid
  }
  if (first === undefined || last === undefined) return undefined
  const ids = [...seen]
  const known = ids.filter(([, { isKnown }]) => isKnown).map(([id]) => id)
  const isMember = known.length > 0
  return {
    index: person.index,
    userId: isMember ? person.userId : undefined,
    email: isMember ? person.email : undefined,
    phone: isMember ? person.phone : undefined,
    firstName: person.firstName,
    lastName: person.lastName,
    city: person.place.city,
    country: person.place.country,
    anonymousIds: known,
    strangerIds: ids.filter(([, { isKnown }]) => !isKnown).map(([id]) => id),
    sharedIds: ids.filter(([, { isShared }]) => isShared).map(([id]) => id),
    messages,
    orders,
    revenueCents,
    firstSeenAt: new Date(first.at),
    lastSeenAt: new Date(last.at),
    lastOrderAt: lastOrder === undefined ? undefined : new Date(lastOrder.at),
    choices: last.choices,
    favourite: Object.entries(person.taste).reduce(
      ([best, most], [category, weight]) => (weight > most ? [category, weight] : [best, most]),
      ['', 0],
    )[0],
  }
}
