import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { groupInvoices } from '../input/group-invoices.ts'
import type { InvoiceLine } from '../input/read-lines.ts'
import type { Message } from './message.ts'
import { linesPerMessage, messagesOf } from './messages-of.ts'

const line = (says: Partial<InvoiceLine> = {}): InvoiceLine => ({
  invoice: '536365',
  product: '85123A',
  description: 'LANTERN',
  quantity: 6,
  at: '2010-12-01 08:26:00',
  price: 2.55,
  customer: '17850',
  country: 'United Kingdom',
  ...says,
})
const map = (lines: readonly InvoiceLine[]): readonly Message[] => [...messagesOf(groupInvoices(lines))]
const tracks = (messages: readonly Message[]) => messages.filter((message) => message.type === 'track')

describe('the mapping', () => {
  const lines = fc.array(
    fc.record({
      invoice: fc.constantFrom('536365', '536366', 'C536367', 'A563185'),
      product: fc.constantFrom('85123A', 'POST', '22423'),
      quantity: fc.integer({ min: -5, max: 5 }),
      price: fc.integer({ min: -2_000, max: 99_999 }).map((thousandths) => thousandths / 1_000),
    }),
    { maxLength: 450 },
  )

  it('says every line exactly once, in messages that are small enough, and the revenue of an invoice once', () => {
    fc.assert(
      fc.property(lines, (rows) => {
        const given = rows.map((row) => line(row))
        const sent = tracks(map(given))
        const said = sent.flatMap(({ properties }) =>
          properties.products.map(({ product_id, quantity, price }) => [properties.order_id, product_id, quantity, price].join('|')),
        )
        const expected = given.map(({ invoice, product, quantity, price }) => [invoice, product, quantity, price].join('|'))
        expect(said.sort()).toEqual(expected.sort())
        expect(Math.max(0, ...sent.map((message) => JSON.stringify(message).length))).toBeLessThan(32 * 1024)
        const revenue = sent.reduce((sum, { properties }) => sum + Math.round((properties.revenue ?? 0) * 1_000), 0)
        expect(revenue).toBe(given.reduce((sum, { quantity, price }) => sum + quantity * Math.round(price * 1_000), 0))
        expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(sent.length)
        expect(map(given)).toEqual(map(given))
      }),
    )
  })

  it('splits a long invoice without a second order', () => {
    const sent = tracks(map(Array.from({ length: 2 * linesPerMessage + 1 }, () => line())))
    expect(sent.map(({ event, properties }) => [event, properties.lines])).toEqual([
      ['Order Completed', linesPerMessage],
      ['Order Lines Added', linesPerMessage],
      ['Order Lines Added', 1],
    ])
    expect(sent.map(({ properties }) => 'revenue' in properties)).toEqual([true, false, false])
    expect(sent[1]?.properties.products[0]?.position).toBe(linesPerMessage + 1)
  })

  it('tells cancellations, people without a name, and where people live now', () => {
    const sent = map([
      line(),
      line({ invoice: 'C1', quantity: -6 }),
      line({ invoice: '2', customer: undefined }),
      line({ invoice: '3', country: 'France', at: '2010-12-02 10:00:00' }),
    ])
    expect(sent.map((message) => (message.type === 'track' ? message.event : message.traits.country))).toEqual([
      'United Kingdom',
      'Order Completed',
      'Order Refunded',
      'Order Completed',
      'France',
      'Order Completed',
    ])
    expect(sent[2]).toMatchObject({ userId: '17850', properties: { revenue: -15.3 }, timestamp: '2010-12-01T08:26:00Z' })
    expect(sent[3]).toMatchObject({ anonymousId: 'invoice-2' })
    expect(sent[3]).not.toHaveProperty('userId')
  })

  it('keeps a line of another minute', () => {
    const [sent] = tracks(map([line(), line({ at: '2010-12-01 08:27:00' })]))
    expect(sent?.properties.products.map(({ at }) => at)).toEqual([undefined, '2010-12-01T08:27:00Z'])
  })
})
