/** Where events name items: the same keys in `properties` itself and in each element of its lists. */
export interface ItemPaths {
  /** Keys of an id, text or number; the first that is there counts. */
  readonly ids: readonly string[]
  /** Keys of `properties` that hold lists of items. */
  readonly lists: readonly string[]
}

/** The names of the e-commerce events that most shops send; `sku` where there is no `product_id`. */
export const defaultItemPaths: ItemPaths = Object.freeze({
  ids: Object.freeze(['product_id', 'sku']),
  lists: Object.freeze(['products']),
})

/** The distinct items of one event, as an expression over its `properties`. The keys are parameters. */
export function itemsExpression(paths: ItemPaths): { readonly sql: string; readonly params: Readonly<Record<string, string>> } {
  const id = (json: string): string => {
    const keys = paths.ids.map((_, index) => `nullIf(JSONExtract(${json}, {idKey${index}:String}, 'String'), '')`)
    return `coalesce(${[...keys, "''"].join(', ')})`
  }
  const lists = paths.lists.map(
    (_, index) => `arrayMap(element -> ${id('element')}, JSONExtractArrayRaw(properties, {listKey${index}:String}))`,
  )
  return {
    sql: `arrayDistinct(arrayFilter(id -> id != '', arrayConcat([${id('properties')}]${lists.map((list) => `, ${list}`).join('')})))`,
    params: Object.fromEntries([
      ...paths.ids.map((key, index) => [`idKey${index}`, key]),
      ...paths.lists.map((key, index) => [`listKey${index}`, key]),
    ]),
  }
}
