import type { Item, ItemId } from '@tenon/kernel/contracts'
import { type Random, random } from './random.ts'

export interface CatalogueItem extends Item {
  /** In the currency of the shop. */
  readonly price: number
}

/** What is for sale, and the truth about what is bought together. */
export interface Catalogue {
  readonly items: readonly CatalogueItem[]
  /** Items that people tend to buy together. Every item is in one of them. */
  readonly bundles: readonly (readonly ItemId[])[]
}

interface Shelf {
  readonly path: readonly [string, string]
  readonly things: readonly [string, ...string[]]
  /** The middle of the prices. */
  readonly price: number
}

const SHELVES: readonly Shelf[] = [
  { path: ['Tea', 'Green tea'], things: ['Longjing', 'Biluochun', 'Sencha', 'Gunpowder'], price: 18 },
  { path: ['Tea', 'Black tea'], things: ['Assam', 'Keemun', 'Ceylon', 'Earl Grey'], price: 14 },
  { path: ['Tea', 'Teaware'], things: ['Gaiwan', 'Teapot', 'Tasting cup', 'Tea tray'], price: 36 },
  { path: ['Coffee', 'Beans'], things: ['Yirgacheffe', 'Huila', 'Yunnan', 'Antigua'], price: 16 },
  { path: ['Coffee', 'Gear'], things: ['Dripper', 'Grinder', 'Kettle', 'Filter papers'], price: 45 },
  { path: ['Pantry', 'Snacks'], things: ['Oat biscuits', 'Dried mango', 'Roasted almonds', 'Dark chocolate'], price: 7 },
  { path: ['Pantry', 'Cooking'], things: ['Olive oil', 'Soy sauce', 'Sea salt', 'Chilli crisp'], price: 11 },
  { path: ['Kitchen', 'Tableware'], things: ['Bowl', 'Dinner plate', 'Mug', 'Chopsticks'], price: 22 },
  { path: ['Kitchen', 'Tools'], things: ['Chef knife', 'Cutting board', 'Wok', 'Steamer'], price: 48 },
  { path: ['Home', 'Textiles'], things: ['Linen napkin', 'Throw', 'Cushion', 'Tea towel'], price: 29 },
  { path: ['Home', 'Fragrance'], things: ['Candle', 'Incense', 'Diffuser', 'Room spray'], price: 26 },
  { path: ['Care', 'Bath'], things: ['Soap', 'Bath salts', 'Hand cream', 'Shampoo bar'], price: 12 },
]

const STYLES: readonly [string, ...string[]] = ['Classic', 'Everyday', 'Reserve', 'Harbour', 'Mountain', 'Morning', 'Autumn', 'Studio']
const LARGEST_BUNDLE = 4

/** A shop of tea, coffee, kitchen and home. */
export function makeCatalogue(options: { readonly seed: number; readonly size?: number; readonly createdAt: Date }): Catalogue {
  const { seed, size = 300, createdAt } = options
  const chance = random(seed, 'catalogue')
  const items = Array.from({ length: size }, (_, index) => makeItem(index, chance, createdAt))
  return { items, bundles: bundlesOf(items, chance) }
}

function makeItem(index: number, chance: Random, createdAt: Date): CatalogueItem {
  const shelf = SHELVES[index % SHELVES.length] ?? SHELVES[0]
  if (shelf === undefined) throw new RangeError('there are no shelves')
  const round = Math.floor(index / SHELVES.length)
  const thing = shelf.things[round % shelf.things.length] ?? shelf.things[0]
  const style = STYLES[Math.floor(round / shelf.things.length) % STYLES.length] ?? STYLES[0]
  const series = Math.floor(round / (shelf.things.length * STYLES.length))
  const price = Math.max(2, Math.round(shelf.price * (0.6 + 1.2 * chance.next())) - 0.01)
  return {
    id: `p-${String(index + 1).padStart(4, '0')}`,
    title: `${style} ${thing}${series === 0 ? '' : ` No. ${series + 1}`}`,
    categories: shelf.path,
    price: Math.round(price * 100) / 100,
    available: true,
    attributes: { style },
    createdAt,
  }
}

/** Deals the items, shuffled, into bundles of two to four. */
function bundlesOf(items: readonly CatalogueItem[], chance: Random): readonly (readonly ItemId[])[] {
  const shuffled = items.map(({ id }) => ({ id, place: chance.next() })).sort((left, right) => left.place - right.place)
  const bundles: ItemId[][] = []
  for (let start = 0; start < shuffled.length; ) {
    const end = start + chance.integer(2, LARGEST_BUNDLE)
    bundles.push(shuffled.slice(start, end).map(({ id }) => id))
    start = end
  }
  return bundles
}
