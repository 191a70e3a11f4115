import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '@tenon/kernel/contracts'
import type { Reader, ReaderQuery } from './reader/open-reader.ts'
import type { RemoteS3 } from './source/remote-s3.fixture.ts'
import { quoteText } from './source/remote-sql.ts'

/** More than two chunks of an import. */
export const ORIGIN_ROWS = 1_250
export const ORIGIN_USERS = ['u0', 'u1', 'u2', 'u3', 'u4']

export interface OriginRow {
  /** Texts that collations put among each other. */
  readonly ref: string
  readonly user: string
  readonly at: string
  /** Of every hundredth it is no number. */
  readonly total: string
}

export const originRows: readonly OriginRow[] = Array.from({ length: ORIGIN_ROWS }, (_, row) => ({
  ref: `${["it's", 'Ähre', 'ahnen', 'Zoo', 'b\\', '李'][row % 6]}-${row}`,
  user: `u${row % 5}`,
  at: new Date(Date.UTC(2024, 0, 1, 0, row)).toISOString(),
  total: row % 100 === 3 ? 'many' : String(row),
}))

export const originMapping: Json = {
  name: 'Order Completed',
  identifiers: { user_id: 'user' },
  timestamp: 'at',
  properties: { ref: 'ref', total: { column: 'total', as: 'number' } },
}

const BATCH = 100

/** Statements of a hundred rows each: that is what a server reads of its first statements at once. */
const inserts = (table: string, dialect: Parameters<typeof quoteText>[0]): readonly string[] =>
  Array.from({ length: Math.ceil(ORIGIN_ROWS / BATCH) }, (_, batch) => {
    const rows = originRows.slice(batch * BATCH, (batch + 1) * BATCH)
    const cells = rows.map(({ ref, user, at, total }) => [ref, user, at.slice(0, -1), total].map((cell) => quoteText(dialect, cell)))
    return `INSERT INTO ${table} VALUES ${cells.map((row) => `(${row.join(',')})`).join(',')}`
  })

export const postgresOrigin: readonly string[] = [
  'create table orders (ref text collate "unicode" primary key, "user" text, at timestamp, total text)',
  ...inserts('orders', 'postgres'),
  'create table twins (id int, "user" text, at timestamp, total text)',
  "insert into twins values (1, 'u1', '2024-01-01', '1'), (2, 'u1', '2024-01-01', '1'), (2, 'u1', '2024-01-01', '2')",
]

export const mySqlOrigin: readonly string[] = [
  'CREATE TABLE shop.orders (ref VARCHAR(20) COLLATE utf8mb4_unicode_ci PRIMARY KEY, user VARCHAR(5), at DATETIME(3), total VARCHAR(5))',
  ...inserts('shop.orders', 'mysql'),
]

const NDJSON = originRows.map((row) => JSON.stringify(row)).join('\n')

/** Rows as the reader's engine has them, some with what stands behind. */
const rowsFrom = (behind = ''): { readonly select: string; readonly params: NonNullable<ReaderQuery['params']> } => ({
  select: `SELECT ref, user, parseDateTime64BestEffort(at, 3, 'UTC') AS at, total FROM format(JSONEachRow, 'ref String, user String, at String, total String', {rows:String}) ${behind}`,
  params: { rows: NDJSON },
})

/** Writes the rows as files of the folder of imports. */
export async function writeOriginFiles(reader: Reader, folder: string): Promise<void> {
  await writeFile(join(folder, 'orders.ndjson'), NDJSON)
  await writeFile(join(folder, 'orders.json'), JSON.stringify(originRows))
  await writeFile(join(folder, 'orders.parquet'), '')
  const { select, params } = rowsFrom()
  const sql = `INSERT INTO FUNCTION file('${await reader.link(join(folder, 'orders.parquet'))}', 'Parquet') ${select}`
  for await (const _ of reader.rows({ sql, params, settings: { engine_file_truncate_on_insert: 1 } }));
}

/** Writes them as two objects, the first of them a small one. */
export async function writeOriginObjects(reader: Reader, server: RemoteS3): Promise<void> {
  await server.put(reader, 'lake/orders/1.parquet', { ...rowsFrom('LIMIT 100'), format: 'Parquet' })
  await server.put(reader, 'lake/orders/2.ndjson.gz', { ...rowsFrom('LIMIT 100000 OFFSET 100'), format: 'JSONEachRow' })
}
