import { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

const ROWS_PER_INSERT = 100_000

/** As many rows as one batch of ingest writes. */
const ROWS_PER_BATCH = 10_000

/** Rows per second. */
export interface RawRates {
  /** The text is ready before the clock runs, of 100,000 rows: what is timed is the engine and the wire. */
  readonly encoded: number
  /** Rows as objects, of which the client makes JSON: as much at once as ingest writes. */
  readonly objects: number
}

/** Reads the stored events back and inserts them twice more, through the bare client, into tables of the same layout in the same engine. */
export async function insertRaw(url: string): Promise<RawRates> {
  const client = createClient({ url, request_timeout: 300_000, log: { level: ClickHouseLogLevel.OFF } })
  try {
    const ranges = await rangesOf(client)
    return {
      encoded: await race(client, 'bench_raw', ranges, encodedParts),
      objects: await race(client, 'bench_rows', ranges, objectParts),
    }
  } finally {
    await client.close()
  }
}

/** What is inserted at once, ready to be timed. */
interface Part {
  readonly values: Parameters<ClickHouseClient['insert']>[0]['values']
  readonly format: 'TabSeparated' | 'JSONEachRow'
}

async function race(
  client: ClickHouseClient,
  table: string,
  ranges: readonly Range[],
  partsOf: (client: ClickHouseClient, range: Range) => Promise<readonly Part[]>,
): Promise<number> {
  await client.command({ query: `CREATE TABLE ${table} AS events` })
  let rows = 0
  let seconds = 0
  for (const range of ranges) {
    const parts = await partsOf(client, range)
    const began = performance.now()
    for (const part of parts)
      await client.insert({ table, ...part, clickhouse_settings: { insert_deduplicate: 0, wait_end_of_query: 1, async_insert: 0 } })
    seconds += (performance.now() - began) / 1_000
    rows += range.rows
  }
  const [counted] = await query<{ rows: string }>(client, `SELECT count() AS rows FROM ${table}`)
  if (Number(counted?.rows) !== rows) throw new Error(`${counted?.rows} of ${rows} rows arrived`)
  return rows / seconds
}

interface Range {
  readonly from: number
  readonly to: number
  readonly rows: number
}

/** Ingest batches side by side, until together they are large enough for one insert. */
async function rangesOf(client: ClickHouseClient): Promise<readonly Range[]> {
  const batches = await query<{ batch: string; rows: string }>(
    client,
    'SELECT batch, count() AS rows FROM events GROUP BY batch ORDER BY batch',
  )
  const ranges: Range[] = []
  for (const [batch, rows] of batches.map((row) => [Number(row.batch), Number(row.rows)] as const)) {
    const last = ranges.at(-1)
    if (last === undefined || last.rows + rows > ROWS_PER_INSERT) ranges.push({ from: batch, to: batch, rows })
    else ranges[ranges.length - 1] = { from: last.from, to: batch, rows: last.rows + rows }
  }
  return ranges
}

const rowsIn = ({ from, to }: Range): string => `SELECT * FROM events WHERE batch BETWEEN ${from} AND ${to} ORDER BY batch, message_id`

async function encodedParts(client: ClickHouseClient, range: Range): Promise<readonly Part[]> {
  const { stream } = await client.exec({ query: `${rowsIn(range)} FORMAT TabSeparated` })
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return [{ values: Readable.from([Buffer.concat(chunks)], { objectMode: false }), format: 'TabSeparated' }]
}

async function objectParts(client: ClickHouseClient, range: Range): Promise<readonly Part[]> {
  const rows = await query<object>(client, rowsIn(range))
  const parts: Part[] = []
  for (let from = 0; from < rows.length; from += ROWS_PER_BATCH)
    parts.push({ values: rows.slice(from, from + ROWS_PER_BATCH), format: 'JSONEachRow' })
  return parts
}

async function query<Row>(client: ClickHouseClient, sql: string): Promise<readonly Row[]> {
  return (await client.query({ query: sql, format: 'JSONEachRow' })).json<Row>()
}
