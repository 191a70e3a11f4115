import { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

const ROWS_PER_INSERT = 100_000

/**
 * Reads the stored events back and inserts them once more, through the bare client, into a table of the same layout in the same
 * engine. The text is ready before the clock runs: what is timed is the engine and the wire. Rows per second.
 */
export async function insertRaw(url: string): Promise<number> {
  const client = createClient({ url, request_timeout: 300_000, log: { level: ClickHouseLogLevel.OFF } })
  try {
    await client.command({ query: 'CREATE TABLE bench_raw AS events' })
    let rows = 0
    let seconds = 0
    for (const range of await rangesOf(client)) {
      const text = await read(client, range)
      const began = performance.now()
      await client.insert({
        table: 'bench_raw',
        values: Readable.from([text], { objectMode: false }),
        format: 'TabSeparated',
        clickhouse_settings: { insert_deduplicate: 0, wait_end_of_query: 1, async_insert: 0 },
      })
      seconds += (performance.now() - began) / 1_000
      rows += range.rows
    }
    const [counted] = await query<{ rows: string }>(client, 'SELECT count() AS rows FROM bench_raw')
    if (Number(counted?.rows) !== rows) throw new Error(`${counted?.rows} of ${rows} rows arrived`)
    return rows / seconds
  } finally {
    await client.close()
  }
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

async function read(client: ClickHouseClient, { from, to }: Range): Promise<Buffer> {
  const { stream } = await client.exec({
    query: `SELECT * FROM events WHERE batch BETWEEN ${from} AND ${to} ORDER BY batch, message_id FORMAT TabSeparated`,
  })
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

async function query<Row>(client: ClickHouseClient, sql: string): Promise<readonly Row[]> {
  return (await client.query({ query: sql, format: 'JSONEachRow' })).json<Row>()
}
