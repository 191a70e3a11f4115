import { type Catalogue, makeCatalogue } from './catalogue.ts'
import { inTimeOrder } from './in-time-order.ts'
import { journeyOf, shopOf } from './journey.ts'
import type { SegmentMessage } from './message.ts'
import { makePerson, type World } from './person.ts'
import { type PersonTruth, truthOf } from './truth.ts'

export interface CustomerOptions {
  /** The same options give the same customers, message by message. */
  readonly seed: number
  readonly people: number
  readonly from: Date
  /** Nothing happens at it or after it. */
  readonly to: Date
  /** A shop of tea, coffee, kitchen and home where absent. */
  readonly catalogue?: Catalogue
}

/** Customers of a shop and the truth about them. Each walk starts from the beginning and holds only what is going on. */
export interface Customers {
  readonly catalogue: Catalogue
  /** Calls of the Segment Spec in the order of their timestamps. */
  messages(): Generator<SegmentMessage>
  /** Everybody who did something, one by one. */
  truth(): Generator<PersonTruth>
}

/**
 * Makes people who visit a shop: as strangers at first, on one device or several, until they log in; who look, fill
 * baskets and pay by taste, season and hour; who consent or not. About a dozen visits a year and person, the busiest
 * fifth of whom bring most of the revenue.
 *
 * @example
 * ```ts
 * const customers = generateCustomers({ seed: 1, people: 2_000, from: new Date('2026-01-01'), to: new Date('2026-07-01') })
 * for (const message of customers.messages()) await send(message)
 * ```
 */
export function generateCustomers(options: CustomerOptions): Customers {
  const { seed, people, from, to } = options
  if (!Number.isSafeInteger(people) || people < 0) throw new RangeError('people is a whole number')
  if (!(to.getTime() > from.getTime())) throw new RangeError('to is after from')
  const catalogue = options.catalogue ?? makeCatalogue({ seed, createdAt: from })
  const world: World = { seed, people, from: from.getTime(), to: to.getTime(), catalogue }
  const shop = shopOf(world)
  return Object.freeze({
    catalogue,
    *messages() {
      const lanes = Array.from({ length: people }, (_, index) => ({
        startsAt: makePerson(index, world).arrivesAt,
        open: () => journeyOf(makePerson(index, world), world, shop),
      }))
      for (const { message } of inTimeOrder(lanes)) yield message
    },
    *truth() {
      for (let index = 0; index < people; index += 1) {
        const person = makePerson(index, world)
        const truth = truthOf(person, journeyOf(person, world, shop))
        if (truth !== undefined) yield truth
      }
    },
  })
}
