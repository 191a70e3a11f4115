import type { ClickHouseClient } from '@clickhouse/client'

export interface Imported {
  /** Events in the engine. */
  readonly events: number
  /** Rows of the file that are among them, told apart by what the file says and not by anything that the import made. */
  readonly rows: number
}

/** What the engine holds of an import, asked from the engine alone. */
export async function imported(engine: ClickHouseClient, name: string): Promise<Imported> {
  const answer = await engine.query({
    query: `SELECT count() AS events, uniqExact(JSONExtractUInt(properties, 'order_id')) AS rows FROM events WHERE name = {name:String}`,
    query_params: { name },
    format: 'JSONEachRow',
  })
  const [row] = await answer.json<{ events: string; rows: string }>()
  return { events: Number(row?.events), rows: Number(row?.rows) }
}
