/** Regular buyers: five orders and £1,000 at the least. As a rule of Tenon, and as SQL for everybody at any instant. */

const orders = { event: 'Order Completed', measure: 'count', gte: 5 }
const revenue = { event: 'Order Completed', measure: { sum: 'revenue' }, gte: 1_000 }

export const regularBuyers = { and: [orders, revenue] }

export const regularBuyersWithin = (last: string) => ({ and: [orders, revenue].map((rule) => ({ ...rule, within: { last } })) })

export const regularBuyersSql = `
SELECT person FROM invoices WHERE NOT cancelled
GROUP BY person HAVING count() >= 5 AND sum(revenue) >= 1000
ORDER BY person`

export const regularBuyersOfHalfYearSql = `
SELECT person FROM invoices
WHERE NOT cancelled AND at > toDateTime({asOf:String}, 'UTC') - INTERVAL 180 DAY AND at <= toDateTime({asOf:String}, 'UTC')
GROUP BY person HAVING count() >= 5 AND sum(revenue) >= 1000
ORDER BY person`
