import type { InvoiceLine } from '../input/read-lines.ts'

export interface CatalogueItem {
  readonly id: string
  readonly title: string
  readonly price: number
}

/** Everything that was ever on an invoice, with the last title and the last price that the file gives; its id and 0 where it gives none. */
export function itemsOf(lines: readonly InvoiceLine[]): readonly CatalogueItem[] {
  const items = new Map<string, CatalogueItem>()
  for (const { product, description, price } of lines) {
    const known = items.get(product) ?? { id: product, title: product, price: 0 }
    items.set(product, { id: product, title: description === '' ? known.title : description, price: price > 0 ? price : known.price })
  }
  return [...items.values()]
}
