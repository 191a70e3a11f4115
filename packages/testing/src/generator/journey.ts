import type { ItemId, Properties } from '@tenon/kernel/contracts'
import { hourOf, seasonOf } from './calendar.ts'
import type { CatalogueItem } from './catalogue.ts'
import type { SegmentMessage } from './message.ts'
import type { Choices, Device, Person, World } from './person.ts'
import { type Random, random } from './random.ts'

/** One message, and what a person who watched would have noted. */
export interface Step {
  readonly at: number
  readonly message: SegmentMessage
  readonly device: Device
  readonly choices: Choices
  /** Whether the device was known to be this person's when it was sent. */
  readonly isKnown: boolean
  /** Of a paid order, in cents. */
  readonly paid?: number
}

interface Line {
  readonly item: CatalogueItem
  readonly quantity: number
}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** A visit that starts right after another one would be the same visit. */
const REST_MS = 45 * MINUTE_MS
const TOGETHER = 0.5
export const CURRENCY = 'USD'

/** What is looked up for every view, made once. */
export interface Shop {
  readonly shelves: readonly { readonly category: string; readonly items: readonly CatalogueItem[] }[]
  readonly byId: ReadonlyMap<ItemId, CatalogueItem>
  readonly bundleOf: ReadonlyMap<ItemId, readonly ItemId[]>
}

export function shopOf({ catalogue }: World): Shop {
  return {
    shelves: [...Map.groupBy(catalogue.items, ({ categories: [first = ''] }) => first)].map(([category, items]) => ({ category, items })),
    byId: new Map(catalogue.items.map((item) => [item.id, item])),
    bundleOf: new Map(catalogue.bundles.flatMap((bundle) => bundle.map((id) => [id, bundle] as const))),
  }
}

/** All that one person does, in the order of time. */
export function* journeyOf(person: Person, world: World, shop: Shop): Generator<Step> {
  const visitor = new Visitor(person, world, shop)
  const end = Math.min(person.leavesAt, world.to)
  for (let day = person.arrivesAt; day < end; ) {
    yield* visitor.visit(day, world.to)
    day = Math.max(day, visitor.now) + visitor.chance.exponential(person.gapDays / seasonOf(day, person.place)) * DAY_MS
  }
}

/** The state of one person between visits. */
class Visitor {
  readonly chance: Random
  now = 0
  private readonly person: Person
  private readonly world: World
  private readonly shop: Shop
  /** How much the person likes each shelf. */
  private readonly taste: readonly number[]
  private readonly known = new Set<string>()
  private sent = 0
  private orders = 0
  private visits = 0
  private basket: Line[] = []

  constructor(person: Person, world: World, shop: Shop) {
    this.person = person
    this.world = world
    this.shop = shop
    this.taste = shop.shelves.map(({ category }) => person.taste[category] ?? 0)
    this.chance = random(world.seed, 'journey', person.index)
  }

  /** One visit on the day of the instant, or as soon after as the last visit allows. */
  *visit(day: number, end: number): Generator<Step> {
    this.now = Math.max(hourOf(day, this.person.place, this.chance.next()), this.person.arrivesAt, this.now + REST_MS)
    const device = this.person.devices[this.chance.weighted(this.person.devices.map(({ share }) => share))] ?? this.person.devices[0]
    this.visits += 1
    for (const step of this.shopping(device)) {
      if (step.at >= end) return
      yield step
    }
    // Whoever shares a device logs out of it.
    if (device.isShared) this.known.delete(device.anonymousId)
  }

  private *shopping(device: Device): Generator<Step> {
    const { chance, person } = this
    yield this.page(device, 'Home', '/')
    if (device.isShared && person.joins) yield* this.logIn(device)
    if (chance.chance(0.15)) yield this.track(device, 'Products Searched', { query: this.itemOfTaste().title.toLowerCase() })
    const views = 1 + chance.poisson(person.curiosity)
    for (let view = 0; view < views; view += 1) yield* this.look(device, this.itemOfTaste(), TOGETHER)
    if (!this.known.has(device.anonymousId) && person.joins && this.visits > 1 && chance.chance(0.35)) yield* this.logIn(device)
    if (this.basket.length > 0 && chance.chance(0.1)) yield this.dropOne(device)
    if (this.basket.length > 0 && person.joins && chance.chance(person.decision)) yield* this.checkOut(device)
  }

  /** A view, perhaps into the basket, and then perhaps what goes with it. */
  private *look(device: Device, item: CatalogueItem, appetite: number): Generator<Step> {
    yield this.track(device, 'Product Viewed', productOf(item))
    if (!this.chance.chance(0.22)) return
    const quantity = 1 + this.chance.poisson(this.person.generosity / 4)
    this.basket = [...this.basket.filter((line) => line.item.id !== item.id), { item, quantity }]
    yield this.track(device, 'Product Added', { ...productOf(item), quantity, cart_id: this.cartId() })
    const mate = this.mateOf(item)
    if (mate !== undefined && this.chance.chance(appetite)) yield* this.look(device, mate, appetite / 2)
  }

  private dropOne(device: Device): Step {
    const line = this.basket.at(-1)
    this.basket = this.basket.slice(0, -1)
    return this.track(device, 'Product Removed', { ...(line === undefined ? {} : productOf(line.item)), cart_id: this.cartId() })
  }

  private *checkOut(device: Device): Generator<Step> {
    const order = { order_id: this.orderId(), cart_id: this.cartId(), currency: CURRENCY }
    yield this.track(device, 'Checkout Started', order)
    if (!this.known.has(device.anonymousId)) yield* this.logIn(device)
    const revenue = this.basket.reduce((total, { item, quantity }) => total + cents(item.price) * quantity, 0)
    const shipping = revenue >= 5_000 ? 0 : 490
    const products = this.basket.map(({ item, quantity }): Properties => ({ ...productOf(item), quantity }))
    const amounts = { revenue: revenue / 100, shipping: shipping / 100, total: (revenue + shipping) / 100 }
    this.orders += 1
    this.basket = []
    yield { ...this.track(device, 'Order Completed', { ...order, ...amounts, products }), paid: revenue }
  }

  private *logIn(device: Device): Generator<Step> {
    this.known.add(device.anonymousId)
    const { firstName, lastName, email, phone, place, birthday, locale, arrivesAt } = this.person
    const traits: Properties = {
      email,
      first_name: firstName,
      last_name: lastName,
      city: place.city,
      country: place.country,
      birthday,
      locale,
      created_at: new Date(Math.floor(arrivesAt)).toISOString(),
      ...(phone === undefined ? {} : { phone }),
    }
    yield this.step(device, { type: 'identify', traits })
  }

  private page(device: Device, name: string, path: string): Step {
    return this.step(device, { type: 'page', name, properties: { path, url: `https://shop.example.com${path}` } })
  }

  private track(device: Device, event: string, properties: Properties): Step {
    return this.step(device, { type: 'track', event, properties })
  }

  private step(device: Device, call: Pick<SegmentMessage, 'type' | 'event' | 'name' | 'properties' | 'traits'>): Step {
    this.now += Math.ceil(1_000 + this.chance.exponential(40_000))
    this.sent += 1
    const { person, world, now } = this
    const isKnown = this.known.has(device.anonymousId)
    const choices = person.withdrawsAt !== undefined && now >= person.withdrawsAt ? { ...person.choices, Email: false } : person.choices
    const at = Math.floor(now)
    const message: SegmentMessage = {
      ...call,
      messageId: `m-${world.seed}-${person.index + 1}-${this.sent}`,
      anonymousId: device.anonymousId,
      ...(isKnown ? { userId: person.userId } : {}),
      timestamp: new Date(at).toISOString(),
      context: {
        library: { name: 'analytics.js', version: '2.0.0' },
        locale: person.locale,
        timezone: person.place.timezone,
        device: { type: device.kind },
        consent: { categoryPreferences: { ...choices } },
      },
    }
    return { at, message, device, choices, isKnown }
  }

  private itemOfTaste(): CatalogueItem {
    const { items } = this.shop.shelves[this.chance.weighted(this.taste)] ?? { items: [] }
    // The square makes the first items of a shelf the ones that everybody knows.
    const item = items[Math.floor(this.chance.next() ** 2 * items.length)]
    if (item === undefined) throw new RangeError('the catalogue has no items')
    return item
  }

  private mateOf({ id }: CatalogueItem): CatalogueItem | undefined {
    const mates = (this.shop.bundleOf.get(id) ?? []).filter((mate) => mate !== id)
    const mate = mates[Math.floor(this.chance.next() * mates.length)]
    return mate === undefined ? undefined : this.shop.byId.get(mate)
  }

  private cartId = (): string => `c-${this.world.seed}-${this.person.index + 1}-${this.orders + 1}`
  private orderId = (): string => `o-${this.world.seed}-${this.person.index + 1}-${this.orders + 1}`
}

const cents = (price: number): number => Math.round(price * 100)

const productOf = ({ id, title, categories, price }: CatalogueItem): Properties => ({
  product_id: id,
  name: title,
  category: categories[0] ?? '',
  price,
  currency: CURRENCY,
})
