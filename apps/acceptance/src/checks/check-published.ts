import type { CheckContext } from './check-context.ts'

/** What is published of the whole file, so that nobody compares two readings of a wrong one. */
const published = {
  lines: 541_909,
  invoices: 25_900,
  customers: 4_372,
  'lines without a customer': 135_080,
  'cancellation lines': 9_288,
  'negative quantities': 10_624,
  'zero prices': 2_515,
  'exact duplicates': 5_268,
  revenue: 9_747_747.934,
}

const counted = `
SELECT toUInt32(count()) AS "lines", toUInt32(uniqExact(invoice)) AS "invoices", toUInt32(uniqExactIf(customer, customer != '')) AS "customers",
  toUInt32(countIf(customer = '')) AS "lines without a customer", toUInt32(countIf(cancelled)) AS "cancellation lines",
  toUInt32(countIf(quantity < 0)) AS "negative quantities", toUInt32(countIf(price = 0)) AS "zero prices",
  toUInt32(count() - uniqExact(invoice, product, description, quantity, at, price, customer, country)) AS "exact duplicates",
  toFloat64(sum(quantity * price)) AS "revenue"
FROM lines`

/** Only of the whole file. */
export async function checkPublished({ reference, figures }: Pick<CheckContext, 'reference' | 'figures'>): Promise<void> {
  figures.sql('the file, as published', published, await reference.row<typeof published>(counted))
}
