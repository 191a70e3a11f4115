import { linesPerMessage } from '../mapping/messages-of.ts'
import type { Profile } from '../platform/answers.ts'
import { eventsOf } from '../platform/pages.ts'
import type { CheckContext } from './check-context.ts'

interface ExpectedProfile {
  readonly country: string
  readonly countries: number
  readonly orders: number
  readonly revenue: number
  readonly messages: number
  readonly first: string
  readonly last: string
}

const profileSql = `
SELECT
  (SELECT argMax(country, (at, number)) FROM lines WHERE customer = {customer:String}) AS country,
  (SELECT toUInt32(uniqExact(country)) FROM lines WHERE customer = {customer:String}) AS countries,
  toUInt32(countIf(NOT cancelled)) AS orders, toFloat64(sum(revenue)) AS revenue,
  toUInt32(sum(ceil(line_count / {perMessage:UInt32}))) AS messages,
  formatDateTime(min(at), '%Y-%m-%dT%H:%i:%S.000Z') AS first, formatDateTime(max(at), '%Y-%m-%dT%H:%i:%S.000Z') AS last
FROM invoices WHERE customer = {customer:String}`

/** Every line as text. Two equal lines of an invoice are two. */
const linesSql = `
SELECT concat(invoice, '|', product, '|', description, '|', quantity, '|', toFloat64(price), '|', formatDateTime(at, '%Y-%m-%dT%H:%i:%SZ')) AS line
FROM lines WHERE customer = {customer:String} ORDER BY line`

/** One customer: what the profile says, and the whole history line by line. */
export async function checkProfile({ api, reference, figures, people }: CheckContext): Promise<void> {
  const { best } = people
  const [profile, events] = await Promise.all([api.get<Profile>(`/v1/profiles/user_id:${best}`), eventsOf(api, best)])
  const expected = await reference.row<ExpectedProfile>(profileSql, { customer: best, perMessage: linesPerMessage })
  const lines = await reference.rows<{ line: string }>(linesSql, { customer: best })

  const identifiers = profile.identifiers.map(({ type, value }) => `${type}:${value}`).sort()
  figures.contract(`customer ${best}: identifiers`, identifiers, [`email:user${best}@example.com`, `user_id:${best}`])
  figures.sql(`customer ${best}: country`, profile.traits.country ?? null, expected.country)
  figures.sql(`customer ${best}: orders`, profile.tags.orders?.value ?? null, expected.orders)
  const revenue = Number(profile.tags['orders.revenue']?.value) + Number(profile.tags['cancellations.revenue']?.value)
  figures.sql(`customer ${best}: revenue`, Math.round(revenue * 1_000) / 1_000, expected.revenue)

  const tracked = events.filter(({ type }) => type === 'track')
  const times = events.map(({ timestamp }) => timestamp)
  figures.sql(`customer ${best}: events of invoices`, tracked.length, expected.messages)
  figures.sql(`customer ${best}: first and last event`, [times.at(-1) ?? null, times[0] ?? null], [expected.first, expected.last])
  figures.contract(`customer ${best}: events are newest first`, times.join() === [...times].sort().reverse().join(), true)
  figures.contract(`customer ${best}: no event twice`, new Set(events.map(({ messageId }) => messageId)).size, events.length)
  const found = tracked.flatMap(({ properties: { order_id, products = [] }, timestamp }) =>
    products.map(({ product_id, name = '', quantity, price, at = timestamp.replace('.000Z', 'Z') }) =>
      [order_id, product_id, name, quantity, price, at].join('|'),
    ),
  )
  figures.sql(`customer ${best}: lines`, found.length, lines.length)
  figures.sql(
    `customer ${best}: every line as in the file`,
    found.sort().join('\n') ===
      lines
        .map(({ line }) => line)
        .sort()
        .join('\n'),
    true,
  )
}
