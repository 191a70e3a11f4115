import type { Catalogue } from './catalogue.ts'
import { NAMES } from './names.ts'
import { PLACES, type Place } from './places.ts'
import { random } from './random.ts'

/** What a person agreed to at the banner, by category as shops name them. */
export interface Choices {
  readonly Advertising: boolean
  readonly Analytics: boolean
  readonly Personalization: boolean
  readonly Email: boolean
}

export interface Device {
  readonly anonymousId: string
  readonly kind: 'phone' | 'laptop' | 'tablet'
  /** Used by somebody else too: people log in and out of it. */
  readonly isShared: boolean
  /** How often it is the one at hand. */
  readonly share: number
}

/** Somebody before anything has happened. */
export interface Person {
  readonly index: number
  /** Of the account; people who never make one have none that anybody sees. */
  readonly userId: string
  readonly firstName: string
  readonly lastName: string
  readonly email: string
  readonly phone: string | undefined
  readonly place: Place
  readonly locale: 'zh-CN' | 'en-GB' | 'en-US'
  readonly birthday: string
  /** Whether the person makes an account at some time. */
  readonly joins: boolean
  readonly arrivesAt: number
  readonly leavesAt: number
  /** Days between visits, in the middle of the year. */
  readonly gapDays: number
  /** How many products a visit looks at, in the mean. */
  readonly curiosity: number
  /** How likely it is that a full basket is paid. */
  readonly decision: number
  /** How many pieces of a thing are bought at once. */
  readonly generosity: number
  /** By first category, relative. */
  readonly taste: Readonly<Record<string, number>>
  readonly choices: Choices
  /** From then on advertising by e-mail is refused. */
  readonly withdrawsAt: number | undefined
  readonly devices: readonly [Device, ...Device[]]
}

export interface World {
  readonly seed: number
  readonly people: number
  readonly from: number
  readonly to: number
  readonly catalogue: Catalogue
}

const DAY_MS = 86_400_000

/** Everything about a person follows from the seed and the index: nobody else is needed to make them. */
export function makePerson(index: number, world: World): Person {
  const chance = random(world.seed, 'person', index)
  const place = PLACES[chance.weighted(PLACES.map(({ share }) => share))] ?? PLACES[0]
  const names = place.country === 'CN' ? NAMES.chinese : NAMES.english
  const [family, given] = [chance.pick(names.family), chance.pick(names.given)]
  // More people come later, as in a shop that grows.
  const arrivesAt = world.from + (world.to - world.from) * 0.85 * chance.next() ** 0.7
  // Pareto with alpha 1.2: a fifth of the people pay for most of it.
  const zeal = Math.min(60, chance.pareto(1.2, 1))
  return {
    index,
    userId: `u-${String(index + 1).padStart(6, '0')}`,
    firstName: given.written,
    lastName: family.written,
    email: `${given.latin}.${family.latin}.${index + 1}@example.com`,
    phone: chance.chance(0.7) ? phoneOf(place, index) : undefined,
    place,
    locale: place.country === 'CN' ? 'zh-CN' : place.country === 'GB' ? 'en-GB' : 'en-US',
    birthday: `${chance.integer(1955, 2006)}-${twoDigits(chance.integer(1, 12))}-${twoDigits(chance.integer(1, 28))}`,
    joins: chance.chance(0.7),
    arrivesAt,
    leavesAt: arrivesAt + chance.exponential(220) * DAY_MS,
    gapDays: 46 / zeal ** 0.75,
    curiosity: 1.5 + chance.exponential(1.5),
    decision: Math.min(0.9, 0.25 + 0.06 * zeal),
    generosity: Math.min(6, zeal ** 0.4),
    taste: tasteOf(world, chance.integer(0, 2 ** 30)),
    choices: choicesOf(world, index),
    withdrawsAt: chance.chance(0.06) ? arrivesAt + chance.exponential(60) * DAY_MS : undefined,
    devices: devicesOf(world, index),
  }
}

const twoDigits = (number: number): string => String(number).padStart(2, '0')

/** Exchanges that are set aside for fiction, a thousand numbers each (Ofcom). */
const BRITISH = ['+442079460', '+441614960', '+441314960', '+441174960']
/** Area codes; each has 555-0100 to 555-0199 for fiction. */
const AMERICAN =
  '201 202 206 212 213 303 305 312 313 314 404 407 412 414 415 503 504 512 513 515 602 603 608 612 614 615 617 619 702 704 713 718 801 802 804 808'.split(
    ' ',
  )

/** Numbers that pass as valid. Nobody's in Britain and America; China has none to spare, so nothing may ever be sent to them. */
function phoneOf({ country }: Place, index: number): string | undefined {
  if (country === 'CN') return `+86165${String(index).padStart(8, '0')}`
  const exchange = country === 'GB' ? BRITISH[Math.floor(index / 1_000)] : AMERICAN[Math.floor(index / 100)]
  if (exchange === undefined) return undefined
  return country === 'GB' ? `${exchange}${String(index % 1_000).padStart(3, '0')}` : `+1${exchange}55501${twoDigits(index % 100)}`
}

/** Exponential weights: one or two categories stand out, as they do with people. */
function tasteOf({ catalogue }: World, seed: number): Readonly<Record<string, number>> {
  const chance = random(seed, 'taste')
  const categories = [...new Set(catalogue.items.map(({ categories: [first = ''] }) => first))]
  return Object.fromEntries(categories.map((category) => [category, chance.exponential(1) ** 2 + 0.02]))
}

function choicesOf({ seed }: World, index: number): Choices {
  const chance = random(seed, 'choices', index)
  const isOpen = chance.chance(0.62)
  return {
    Advertising: isOpen || chance.chance(0.1),
    Analytics: isOpen || chance.chance(0.45),
    Personalization: isOpen || chance.chance(0.4),
    Email: isOpen ? chance.chance(0.85) : chance.chance(0.08),
  }
}

/** One household in twelve has a tablet that both of its people use: the truth that no identifier tells. */
function devicesOf({ seed, people }: World, index: number): readonly [Device, ...Device[]] {
  const chance = random(seed, 'devices', index)
  const own = (kind: Device['kind'], share: number): Device => ({
    anonymousId: `a-${seed}-${index + 1}-${kind}`,
    kind,
    isShared: false,
    share,
  })
  const household = Math.floor(index / 2)
  const isShared = household * 2 + 1 < people && random(seed, 'household', household).chance(1 / 12)
  const tablet: Device = { anonymousId: `a-${seed}-h${household + 1}-tablet`, kind: 'tablet', isShared: true, share: 0.25 }
  const others = [...(chance.chance(0.45) ? [own('laptop', 0.4)] : []), ...(isShared ? [tablet] : [])]
  return [own('phone', 1), ...others]
}
