import type { Item, ItemId } from '@tenon/kernel/contracts'
import type { Blended } from './blend.ts'

export interface Shown extends Blended {
  readonly details: Item
}

export interface RerankRules {
  readonly catalogue: ReadonlyMap<ItemId, Item>
  /** Anchors of the page, items of the cart, what was bought lately. */
  readonly hidden: ReadonlySet<ItemId>
  readonly perCategory?: number
  readonly limit: number
}

/**
 * What may be shown now, in the order of the score: in the catalogue and available, not hidden, one variant of each product,
 * and no more of a category than the scene says. Filters run here, against the present stock, never in a stored list.
 */
export function rerank(candidates: readonly Blended[], rules: RerankRules): readonly Shown[] {
  const { catalogue, hidden, perCategory, limit } = rules
  const hiddenProducts = new Set([...hidden].map((id) => productOf(catalogue.get(id))).filter((product) => product !== undefined))
  const products = new Set<string>()
  const categories = new Map<string, number>()
  const shown: Shown[] = []
  for (const candidate of candidates) {
    if (shown.length === limit) break
    const details = catalogue.get(candidate.item)
    if (details === undefined || !details.available || hidden.has(candidate.item)) continue
    const product = productOf(details)
    if (product !== undefined && (products.has(product) || hiddenProducts.has(product))) continue
    const category = details.categories.at(-1)
    const count = category === undefined ? 0 : (categories.get(category) ?? 0)
    if (perCategory !== undefined && count >= perCategory) continue
    if (category !== undefined) categories.set(category, count + 1)
    if (product !== undefined) products.add(product)
    shown.push({ ...candidate, details })
  }
  return shown
}

const productOf = (item: Item | undefined): string | undefined => item?.product
