import type { Identifier } from '@tenon/kernel/contracts'
import { type CustomerOptions, type Customers, generateCustomers, type PersonTruth } from '@tenon/testing/generator'

/** Identifiers that are one person's and nobody else's, by the truth of the generator. */
export interface KnownPerson {
  /** Where the identifiers come from. Somebody who never logs in is a stranger on every device. */
  readonly index: number
  readonly identifiers: readonly Identifier[]
  /** Empty for a stranger. */
  readonly userId: string | undefined
  /** Whether somebody else uses one of the devices too: whose an event on it is, no identifier tells. */
  readonly shares: boolean
}

/** Customers, and the truth about them. */
export interface Population {
  readonly customers: Customers
  readonly truths: readonly PersonTruth[]
}

/** As many customers as it takes to send so many events, in pairs: two by two they are households. */
export function populationFor(events: number, options: Omit<CustomerOptions, 'people'>): Population {
  const truths: PersonTruth[] = []
  let [messages, people] = [0, 0]
  for (const truth of generateCustomers({ ...options, people: 2 * events }).truth()) {
    if (messages >= events && truth.index >= people) break
    messages += truth.messages
    people = truth.index + 1 + ((truth.index + 1) % 2)
    truths.push(truth)
  }
  return { truths, customers: generateCustomers({ ...options, people }) }
}

/** What must be one profile each, and nobody else's. */
export function knownPeople(truth: PersonTruth): readonly KnownPerson[] {
  const { index, userId, email, phone, anonymousIds, strangerIds, sharedIds } = truth
  const shares = sharedIds.length > 0
  const own = (ids: readonly string[]): readonly Identifier[] =>
    ids.filter((id) => !sharedIds.includes(id)).map((value) => ({ type: 'anonymous_id', value }))
  const said = [
    { type: 'user_id', value: userId },
    { type: 'email', value: email },
    { type: 'phone', value: phone },
  ]
  const named = said.flatMap(({ type, value }): readonly Identifier[] => (value === undefined ? [] : [{ type, value }]))
  const member = { index, shares, userId, identifiers: [...named, ...own(anonymousIds)] }
  const strangers = own(strangerIds).map((identifier) => ({ index, shares, userId: undefined, identifiers: [identifier] }))
  return [...(userId === undefined ? [] : [member]), ...strangers]
}
