import { hash } from 'node:crypto'
import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import { dayOf } from './day-of.ts'
import type { EventKey } from './ingest-store.ts'

interface Seen {
  readonly workspace: string
  readonly source: string
  readonly message: string
}

/**
 * The places of the events that this batch is the first to bring, ascending; of equal ones within the batch the first.
 * Everything that was not seen is seen now.
 */
export async function freshEvents(
  session: Session,
  { events, batch, replayed }: { readonly events: readonly EventKey[]; readonly batch: number; readonly replayed: boolean },
): Promise<readonly number[]> {
  const places = new Map<string, number>()
  const seen: Seen[] = []
  events.forEach(({ workspace, source, messageId }, place) => {
    const event = { workspace, source, message: messageKey(messageId) }
    const key = keyOf(event)
    if (places.has(key)) return
    places.set(key, place)
    seen.push(event)
  })
  const added = await addSeen(session, seen, batch)
  const fresh = replayed ? [...added, ...(await seenIn(session, seen, batch))] : added
  return [...new Set(fresh.map((event) => places.get(keyOf(event)) ?? 0))].sort((left, right) => left - right)
}

/** 128 bits of the sha-256: short keys whatever the sender chose, and nobody can make two messages collide. */
const messageKey = (messageId: string): string => {
  const hex = hash('sha256', messageId, 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

const keyOf = ({ workspace, source, message }: Seen): string => `${message}${workspace}\0${source}`

/** In the order of the key: two streams with the same events wait for each other and never in a circle. */
async function addSeen({ db, clock }: Session, seen: readonly Seen[], batch: number): Promise<readonly Seen[]> {
  const { rows } = await sql<Seen>`
    insert into tenon.ingest_seen (workspace, source, message, batch, seen_on)
    select workspace, source, message, ${batch}::bigint, ${dayOf(clock.now())}::date from ${table(seen)}
    order by workspace, source, message
    on conflict do nothing
    returning workspace, source, message`.execute(db)
  return rows
}

async function seenIn({ db }: Session, seen: readonly Seen[], batch: number): Promise<readonly Seen[]> {
  const { rows } = await sql<Seen>`
    select given.* from ${table(seen)}
    cross join lateral (
      select batch from tenon.ingest_seen kept
      where kept.workspace = given.workspace and kept.source = given.source and kept.message = given.message offset 0
    ) kept
    where kept.batch = ${batch}`.execute(db)
  return rows
}

const table = (seen: readonly Seen[]) => sql`unnest(
  ${seen.map(({ workspace }) => workspace)}::text[], ${seen.map(({ source }) => source)}::text[], ${seen.map(({ message }) => message)}::uuid[]
) as given (workspace, source, message)`
