/** Every line of the file, numbered from 1. `person` is the customer, or whoever stands behind an invoice without one. */
export const createLines = `
CREATE TABLE lines ENGINE = MergeTree ORDER BY number AS
SELECT
  rowNumberInAllBlocks() + 1 AS number,
  InvoiceNo AS invoice, StockCode AS product, Description AS description, Quantity AS quantity, InvoiceDate AS at,
  UnitPrice AS price, Country AS country,
  replaceRegexpOne(CustomerID, '\\\\.0$', '') AS customer,
  if(customer = '', 'invoice-' || invoice, customer) AS person,
  startsWith(invoice, 'C') AS cancelled
FROM (
  SELECT * FROM file({file:String}, 'CSVWithNames', $$
    InvoiceNo String, StockCode String, Description String, Quantity Int64, InvoiceDate DateTime('UTC'),
    UnitPrice Decimal(18, 3), CustomerID String, Country String
  $$)
  LIMIT {limit:UInt64}
)`

export const createOrders = `
CREATE TABLE invoices ENGINE = MergeTree ORDER BY invoice AS
SELECT
  invoice, any(customer) AS customer, any(person) AS person, any(cancelled) AS cancelled, min(at) AS at,
  sum(quantity * price) AS revenue, sum(quantity) AS units, count() AS line_count
FROM lines
GROUP BY invoice`
