import type { Invoice } from '../input/group-invoices.ts'
import type { InvoiceLine } from '../input/read-lines.ts'
import type { Message, Product, Sender } from './message.ts'

/** A message is 32 KiB at the most; so many lines are well below. */
export const linesPerMessage = 200

/**
 * The calls that say what a shop's invoices say, every line in exactly one of them. Ids depend on the invoices alone, so
 * that the same file sent again is the same messages again.
 */
export function* messagesOf(invoices: Iterable<Invoice>): Generator<Message> {
  const countries = new Map<string, { readonly country: string; readonly times: number }>()
  for (const invoice of invoices) {
    const [{ customer, country, at }] = invoice.lines
    if (customer !== undefined && countries.get(customer)?.country !== country) {
      const times = (countries.get(customer)?.times ?? 0) + 1
      countries.set(customer, { country, times })
      const traits = { email: emailOf(customer), country }
      yield { type: 'identify', userId: customer, traits, messageId: `customer-${customer}-${times}`, timestamp: instant(at) }
    }
    yield* tracksOf(invoice)
  }
}

export const emailOf = (customer: string): string => `user${customer}@example.com`
export const anonymousIdOf = (invoice: string): string => `invoice-${invoice}`

function* tracksOf({ id, lines }: Invoice): Generator<Message> {
  const [{ at, country, customer }] = lines
  const sender: Sender = customer === undefined ? { anonymousId: anonymousIdOf(id) } : { userId: customer }
  const [first, more] = id.startsWith('C') ? ['Order Refunded', 'Refund Lines Added'] : ['Order Completed', 'Order Lines Added']
  const products = lines.map((line, index) => productOf(line, index + 1, at))
  for (let from = 0; from < products.length; from += linesPerMessage) {
    const part = products.slice(from, from + linesPerMessage)
    yield {
      type: 'track',
      ...sender,
      event: from === 0 ? first : more,
      properties: {
        order_id: id,
        currency: 'GBP',
        country,
        ...(from === 0 ? { revenue: revenueOf(lines) } : {}),
        lines: part.length,
        products: part,
      },
      messageId: `invoice-${id}-${from / linesPerMessage + 1}`,
      timestamp: instant(at),
    }
  }
}

const productOf = ({ product, description, quantity, price, at }: InvoiceLine, position: number, ofInvoice: string): Product => ({
  product_id: product,
  ...(description === '' ? {} : { name: description }),
  quantity,
  price,
  position,
  ...(at === ofInvoice ? {} : { at: instant(at) }),
})

/** Prices have three decimals at the most: in thousandths the sum is exact. */
const revenueOf = (lines: readonly InvoiceLine[]): number =>
  lines.reduce((sum, { quantity, price }) => sum + quantity * Math.round(price * 1_000), 0) / 1_000

/** The file says no zone; UTC is taken. */
const instant = (at: string): string => `${at.replace(' ', 'T')}Z`
