import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'

/** In front of every message id that a crash bench sends. */
export const PREFIX = 'crash'

export interface Held {
  readonly rows: number
  readonly messages: number
}

/** Which of the events that were sent an engine holds: asked from the engine alone, past everything that could be wrong about them. */
export async function heldBy(clickhouseUrl: string): Promise<Held> {
  const client: ClickHouseClient = createClient({ url: clickhouseUrl, log: { level: ClickHouseLogLevel.OFF } })
  try {
    const answer = await client.query({
      query: `SELECT count() AS rows, uniqExact(message_id) AS messages FROM events WHERE startsWith(message_id, '${PREFIX}-')`,
      format: 'JSONEachRow',
    })
    const [row] = await answer.json<{ rows: string; messages: string }>()
    return { rows: Number(row?.rows), messages: Number(row?.messages) }
  } finally {
    await client.close()
  }
}
