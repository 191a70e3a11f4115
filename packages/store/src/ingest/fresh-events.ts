import { hash } from 'node:crypto'
import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import { dayOf } from './day-of.ts'
import { type EventKey, IMPORT_SOURCE, REPORT_SOURCE } from './ingest-store.ts'

const HASHES_PER_TURN = 1_000

/** The messages that came from one source of one workspace, each with the place where it came first. */
interface Sender {
  readonly workspace: string
  readonly source: string
  readonly places: Map<string, number>
}

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
  const senders = await sendersOf(events)
  const added = await addSeen(session, senders, batch)
  if (added === 'all') return ascending(senders.flatMap(({ places }) => [...places.values()]))
  const fresh = replayed ? [...added, ...(await seenIn(session, senders, batch))] : added
  return ascending([...new Set(fresh.flatMap((event) => placeOf(event, senders)))])
}

/** Hashes of a large batch take their time: others get a turn in between. */
async function sendersOf(events: readonly EventKey[]): Promise<readonly Sender[]> {
  const senders = new Map<string, Sender>()
  let last: Sender | undefined
  for (const [place, { workspace, source, messageId }] of events.entries()) {
    if (place % HASHES_PER_TURN === HASHES_PER_TURN - 1) await new Promise((resolve) => void setImmediate(resolve))
    if (last?.workspace !== workspace || last.source !== source) {
      const name = `${workspace}\0${source}`
      last = senders.get(name) ?? { workspace, source, places: new Map() }
      senders.set(name, last)
    }
    const message = messageKey(messageId)
    if (!last.places.has(message)) last.places.set(message, place)
  }
  return [...senders.values()]
}

/** 128 bits of the sha-256: short keys whatever the sender chose, and nobody can make two messages collide. */
const messageKey = (messageId: string): string => hash('sha256', messageId, 'hex').slice(0, 32)

function placeOf({ workspace, source, message }: Seen, senders: readonly Sender[]): readonly number[] {
  const sender = senders.find((each) => each.workspace === workspace && each.source === source)
  const place = sender?.places.get(message.replaceAll('-', ''))
  return place === undefined ? [] : [place]
}

const ascending = (places: readonly number[]): readonly number[] => places.toSorted((left, right) => left - right)

/**
 * Those that were not there, or `all`: what nearly every batch answers, and then no row has to come back. In the order of the key:
 * two streams with the same events wait for each other and never in a circle.
 */
async function addSeen({ db, clock }: Session, senders: readonly Sender[], batch: number): Promise<readonly Seen[] | 'all'> {
  const asked = senders.reduce((sum, { places }) => sum + places.size, 0)
  if (asked === 0) return []
  const { rows } = await sql<{ count: number } & (Seen | { readonly message: null })>`
    with added as (
      insert into tenon.ingest_seen (workspace, source, message, batch, seen_on)
      select given.workspace, given.source, given.message, ${batch}::bigint, ${seenOn(clock.now())} from ${table(senders)}
      order by given.message, given.source, given.workspace
      on conflict do nothing
      returning workspace, source, message
    ), total as (select count(*)::int as count from added)
    select total.count, added.* from total left join added on total.count < ${asked}`.execute(db)
  return rows[0]?.count === asked ? 'all' : rows.flatMap((row) => (row.message === null ? [] : [row]))
}

/** A file is imported again whenever somebody likes, and may tell of an order months later: both are remembered beyond the window. */
const seenOn = (now: Date) =>
  sql`case when given.source like ${`${IMPORT_SOURCE}%`} or given.source = ${REPORT_SOURCE} then 'infinity'::date else ${dayOf(now)}::date end`

async function seenIn({ db }: Session, senders: readonly Sender[], batch: number): Promise<readonly Seen[]> {
  const { rows } = await sql<Seen>`
    select given.* from ${table(senders)}
    cross join lateral (
      select batch from tenon.ingest_seen kept
      where kept.workspace = given.workspace and kept.source = given.source and kept.message = given.message offset 0
    ) kept
    where kept.batch = ${batch}`.execute(db)
  return rows
}

/** Messages travel as one text: the driver quotes every element of an array by itself. */
const table = (senders: readonly Sender[]) => sql`(
  select sender.workspace, sender.source, message
  from unnest(
    ${senders.map(({ workspace }) => workspace)}::text[], ${senders.map(({ source }) => source)}::text[],
    ${senders.map(({ places }) => [...places.keys()].join(','))}::text[]
  ) as sender (workspace, source, messages)
  cross join lateral unnest(string_to_array(sender.messages, ',')::uuid[]) as message
) as given`
