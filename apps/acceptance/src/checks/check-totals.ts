import type { Preview } from '../platform/answers.ts'
import { membersOf } from '../platform/pages.ts'
import { type CheckContext, personOf } from './check-context.ts'

/** One tag for each figure of a person, computed by the platform from the events. */
const measures = {
  orders: { event: 'Order Completed', measure: 'count' },
  'orders.revenue': { event: 'Order Completed', measure: { sum: 'revenue' } },
  'orders.lines': { event: 'Order Completed', measure: { sum: 'lines' } },
  'orders.units': { event: 'Order Completed', measure: { sum: 'products[].quantity' } },
  'orders.more-lines': { event: 'Order Lines Added', measure: { sum: 'lines' } },
  'orders.more-units': { event: 'Order Lines Added', measure: { sum: 'products[].quantity' } },
  cancellations: { event: 'Order Refunded', measure: 'count' },
  'cancellations.revenue': { event: 'Order Refunded', measure: { sum: 'revenue' } },
  'cancellations.lines': { event: 'Order Refunded', measure: { sum: 'lines' } },
  'cancellations.units': { event: 'Order Refunded', measure: { sum: 'products[].quantity' } },
} as const

/** What the tags add up to. */
const totals = {
  orders: ['orders'],
  'order lines': ['orders.lines', 'orders.more-lines'],
  'units ordered': ['orders.units', 'orders.more-units'],
  'revenue of orders': ['orders.revenue'],
  cancellations: ['cancellations'],
  'cancellation lines': ['cancellations.lines'],
  'units cancelled': ['cancellations.units'],
  'revenue of cancellations': ['cancellations.revenue'],
  invoices: ['orders', 'cancellations'],
  'invoice lines': ['orders.lines', 'orders.more-lines', 'cancellations.lines'],
  revenue: ['orders.revenue', 'cancellations.revenue'],
} as const satisfies Readonly<Record<string, readonly (keyof typeof measures)[]>>

type Total = keyof typeof totals
type PersonTotals = Readonly<Record<Total, number>>

const names = Object.keys(totals) as readonly Total[]

const totalsByPerson = `
SELECT i.person AS person,
  toFloat64(countIf(NOT i.cancelled)) AS "orders",
  toFloat64(sumIf(i.line_count, NOT i.cancelled)) AS "order lines",
  toFloat64(sumIf(i.units, NOT i.cancelled)) AS "units ordered",
  toFloat64(sumIf(i.revenue, NOT i.cancelled)) AS "revenue of orders",
  toFloat64(countIf(i.cancelled)) AS "cancellations",
  toFloat64(sumIf(i.line_count, i.cancelled)) AS "cancellation lines",
  toFloat64(sumIf(i.units, i.cancelled)) AS "units cancelled",
  toFloat64(sumIf(i.revenue, i.cancelled)) AS "revenue of cancellations",
  toFloat64(count()) AS "invoices",
  toFloat64(sum(i.line_count)) AS "invoice lines",
  toFloat64(sum(i.revenue)) AS "revenue"
FROM invoices AS i GROUP BY i.person ORDER BY person`

/** Eight customers moved: the country of their last line counts. */
const countries = `SELECT customer, argMax(country, number) AS country FROM lines WHERE customer != '' GROUP BY customer`

/** Everything that was sold and taken back, in all and for every single person; and where customers live. */
export async function checkTotals({ api, reference, figures }: CheckContext): Promise<void> {
  for (const [key, measure] of Object.entries(measures)) await api.put(`/v1/tags/${key}`, { measure })
  await api.put('/v1/tags/country', { definition: { measure: { trait: 'country' }, type: 'string' } })
  await api.put('/v1/segments/everybody', { rule: { always: true } })
  const members = await membersOf(api, 'everybody', [...Object.keys(measures), 'country'])
  const found = new Map(members.map((member) => [personOf(member), totalsOf(member.tags ?? {})]))
  const expected = await reference.rows<PersonTotals & { readonly person: string }>(totalsByPerson)

  const customers = await api.post<Preview>('/v1/segments/preview', { rule: { trait: 'country', exists: true } })
  const homes = await reference.rows<{ customer: string; country: string }>(countries)
  const told = new Map(members.map((member) => [personOf(member), member.tags?.country]))
  figures.sql('customers', customers.size, homes.length)
  figures.sql(
    'customers whose country is equal',
    homes.filter(({ customer, country }) => told.get(customer) === country).length,
    homes.length,
  )
  figures.sql('people, with those who are not known', members.length, expected.length)
  for (const name of names) figures.sql(name, sumOf([...found.values()], name), sumOf(expected, name))
  const equal = expected.filter((row) => names.every((name) => found.get(row.person)?.[name] === row[name])).length
  figures.sql('people of whom all these figures are equal', equal, expected.length)
}

function totalsOf(tags: Readonly<Record<string, number | string>>): PersonTotals {
  const totalOf = (name: Total) => thousandths(totals[name].reduce((sum, tag) => sum + Number(tags[tag] ?? Number.NaN), 0))
  return Object.fromEntries(names.map((name) => [name, totalOf(name)])) as PersonTotals
}

const sumOf = (rows: readonly PersonTotals[], name: Total): number => thousandths(rows.reduce((sum, row) => sum + row[name], 0))

/** No amount of the file has more decimals; what is left of adding binary fractions goes. */
const thousandths = (value: number): number => Math.round(value * 1_000) / 1_000
