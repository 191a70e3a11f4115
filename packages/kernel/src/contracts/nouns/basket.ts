/** An order or cart as benefits see it. Amounts are in minor units (cents) of `currency`, integers. */
export interface Basket {
  readonly id: string
  /** ISO 4217. */
  readonly currency: string
  readonly total: number
  readonly lines: readonly {
    readonly item: string
    readonly categories: readonly string[]
    readonly quantity: number
    readonly amount: number
  }[]
}
