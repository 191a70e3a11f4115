import { createClient } from '@clickhouse/client'
import type { Identifier, StoredEvent } from './collector.ts'

interface Row extends Readonly<Record<'messageId' | 'type' | 'name' | 'source' | 'timestamp' | 'receivedAt', string>> {
  readonly identifiers: readonly Identifier[]
  /** As JSON. */
  readonly properties: string
  readonly traits: string
  readonly context: string
  readonly groupId: string
  readonly groupTraits: string
}

const EVENTS_OF_NOBODY = `SELECT message_id AS messageId, type, name, source,
  toString(timestamp) AS timestamp, toString(received_at) AS receivedAt,
  identifiers, properties, traits, context, group_id AS groupId, group_traits AS groupTraits
FROM events
WHERE profile = 0`

/** Stored events that name nobody: no profile leads to them, so the engine is asked itself. */
export async function eventsOfNobody(clickhouseUrl: string): Promise<readonly StoredEvent[]> {
  const client = createClient({ url: clickhouseUrl })
  try {
    const rows = await client.query({ query: EVENTS_OF_NOBODY, format: 'JSONEachRow' })
    return (await rows.json<Row>()).map(eventOf)
  } finally {
    await client.close()
  }
}

const eventOf = ({ timestamp, receivedAt, properties, traits, context, groupId, groupTraits, ...row }: Row): StoredEvent => ({
  ...row,
  timestamp: instant(timestamp),
  receivedAt: instant(receivedAt),
  properties: JSON.parse(properties),
  traits: JSON.parse(traits),
  context: JSON.parse(context),
  ...(groupId === '' ? {} : { group: { id: groupId, traits: JSON.parse(groupTraits) } }),
})

/** The engine writes UTC as `2026-01-31 08:30:00.000`. */
const instant = (text: string): string => new Date(`${text.replace(' ', 'T')}Z`).toISOString()
