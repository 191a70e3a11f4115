import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { ClickHouseClient } from '@clickhouse/client'

/** Formats of files, and what the engine calls them. */
export const FORMATS = { csv: 'CSVWithNames', ndjson: 'JSONEachRow', parquet: 'Parquet' } as const
export type Format = keyof typeof FORMATS

const PEOPLE = 20_000

/** Orders of a shop, the same for the same seed whatever the format. */
const ORDERS = `
SELECT
  number AS id,
  concat('buyer-', toString(cityHash64(number, {seed:UInt32}, 'buyer') % ${PEOPLE})) AS buyer,
  concat(buyer, '@example.com') AS email,
  formatDateTime(toDateTime('2025-01-01 00:00:00', 'UTC') + cityHash64(number, {seed:UInt32}, 'at') % 31536000, '%FT%TZ') AS ordered_at,
  toFloat64(cityHash64(number, {seed:UInt32}, 'total') % 100000) / 100 AS total,
  ['EUR', 'USD', 'CNY'][cityHash64(number, {seed:UInt32}, 'currency') % 3 + 1] AS currency
FROM numbers({rows:UInt64})
SETTINGS max_threads = 1`

/** Has the engine write a file, so that it is one that others write, too. */
export async function writeRows(
  engine: ClickHouseClient,
  { path, format, rows, seed }: { readonly path: string; readonly format: Format; readonly rows: number; readonly seed: number },
): Promise<void> {
  const { stream } = await engine.exec({ query: `${ORDERS} FORMAT ${FORMATS[format]}`, query_params: { rows, seed } })
  await pipeline(stream, createWriteStream(path))
}

/** What one of these rows becomes. */
export const mappingOf = (name: string) => ({
  name,
  identifiers: { user_id: 'buyer', email: 'email' },
  timestamp: { column: 'ordered_at', format: 'iso' },
  messageId: { columns: ['id'] },
  properties: { order_id: { column: 'id', as: 'integer' }, total: { column: 'total', as: 'number' }, currency: 'currency' },
})
