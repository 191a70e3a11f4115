/**
 * What was bought together with the product `anchor`: a session is the orders of a person with no more than 30 minutes between
 * two; of its products the latest 50 count, those of one order in the order of their ids. A session makes a pair
 * heavier the fewer products it has.
 */
export const boughtTogether = `
WITH
  orders AS (
    SELECT i.person AS person, i.at AS at, groupUniqArray(l.product) AS products
    FROM lines AS l JOIN invoices AS i ON l.invoice = i.invoice
    WHERE NOT i.cancelled
    GROUP BY i.person, i.at
  ),
  numbered AS (
    SELECT person, at, products,
      sum(opens) OVER (PARTITION BY person ORDER BY at) AS session
    FROM (
      SELECT *, at - lagInFrame(at, 1, toDateTime(0, 'UTC')) OVER before > 1800 AS opens
      FROM orders WINDOW before AS (PARTITION BY person ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
  ),
  latest AS (
    SELECT person, session, product, row_number() OVER (PARTITION BY person, session ORDER BY max(at) DESC, product) AS place
    FROM numbered ARRAY JOIN products AS product
    GROUP BY person, session, product
  ),
  baskets AS (
    SELECT person, session, groupArray(product) AS basket
    FROM latest WHERE place <= 50
    GROUP BY person, session
  )
SELECT product, uniqExact(person) AS people, sum(1 / log(2 + length(basket))) AS weight
FROM baskets ARRAY JOIN basket AS product
WHERE has(basket, {anchor:String}) AND product != {anchor:String}
GROUP BY product
HAVING people >= 2
ORDER BY weight DESC, product
LIMIT 50`

export interface Neighbour {
  readonly product: string
  readonly people: number
  readonly weight: number
}

/** How many people bought each product. */
export const buyersOfProducts = `
SELECT product, uniqExact(person) AS people
FROM lines WHERE NOT cancelled
GROUP BY product ORDER BY people DESC, product`

/** The last title and the last price that the file gives for some products. */
export const titlesOfProducts = `
SELECT product,
  if(countIf(description != '') = 0, product, argMaxIf(description, number, description != '')) AS title,
  toFloat64(argMaxIf(price, number, price > 0)) AS price
FROM lines WHERE product IN {products:Array(String)}
GROUP BY product`
