import { setTimeout as delay } from 'node:timers/promises'
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

const STILL_MS = 30_000
const LOOK_MS = 1_000

/** As `heldBy`, once so many messages are there or nothing has come for half a minute. */
export async function heldInTheEnd(clickhouseUrl: string, messages: number): Promise<Held> {
  let held = await heldBy(clickhouseUrl)
  for (let still = 0; held.messages < messages && still < STILL_MS; still += LOOK_MS) {
    await delay(LOOK_MS)
    const now = await heldBy(clickhouseUrl)
    if (now.messages > held.messages) still = 0
    held = now
  }
  return held
}
