/** A call of Segment's HTTP API, as far as the mapping makes them. */
export type Message = (
  | { readonly type: 'identify'; readonly userId: string; readonly traits: { readonly email: string; readonly country: string } }
  | ({ readonly type: 'track'; readonly event: string; readonly properties: OrderProperties } & Sender)
) & { readonly messageId: string; readonly timestamp: string }

/** Orders without a customer come from somebody unknown, one each. */
export type Sender = { readonly userId: string } | { readonly anonymousId: string }

export interface OrderProperties {
  readonly order_id: string
  readonly currency: 'GBP'
  readonly country: string
  /** Of the whole invoice; negative where it is cancelled. Absent from the parts behind the first. */
  readonly revenue?: number
  /** How many lines this message holds. */
  readonly lines: number
  readonly products: readonly Product[]
}

/** One invoice line. */
export interface Product {
  readonly product_id: string
  readonly name?: string
  readonly quantity: number
  readonly price: number
  /** Of the line within its invoice, from 1. */
  readonly position: number
  /** Where the line has another time than the first one of its invoice. */
  readonly at?: string
}
