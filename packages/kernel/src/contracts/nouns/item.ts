import type { Properties } from './json.ts'

export type ItemId = string

/** Something that can be recommended: goods, an article, a course, a treatment. */
export interface Item {
  readonly id: ItemId
  readonly title: string
  /** From the widest to the narrowest. */
  readonly categories: readonly string[]
  /** Of the cheapest variant, in the currency of the workspace. */
  readonly price?: number
  /** False hides it from every answer at once. */
  readonly available: boolean
  /** Items that are variants of one product share it. */
  readonly product?: string
  readonly attributes: Properties
  readonly createdAt?: Date
}

/** What a profile did with an item. `weight` already counts kind and decay where the reader asked for both. */
export interface Interaction {
  readonly item: ItemId
  /** The event name: `Product Viewed`, `Order Completed`. */
  readonly kind: string
  readonly weight: number
  readonly at: Date
}
