import type { EventType } from '@tenon/kernel/contracts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { chosenEventsSource, instant } from '../sources.ts'
import { millisOf } from '../writer/tsv.ts'

export interface TrafficWindow {
  /** By the time of receipt; `until` is exclusive. */
  readonly from: Date
  readonly until: Date
  readonly source?: string
  readonly signal?: AbortSignal
}

/** A kind of event: a name of track events, or all events of another type. */
export interface TrafficName {
  readonly type: EventType
  /** Empty but for track events. */
  readonly name: string
  readonly events: number
}

export interface Traffic {
  /** The most frequent first. */
  readonly names: readonly TrafficName[]
  /** How many there are. */
  readonly allNames: number
}

/** An event as it is stored, with what it says as text. */
export interface SampledRow {
  readonly type: EventType
  readonly name: string
  /** A number that tells who did it from others: of the person of today, or of the identifiers that it came with. 0 where there are none. */
  readonly person: number
  readonly properties: string
  readonly traits: string
  readonly context: string
  readonly group_traits: string
}

const NAME = "if(type = 'track', name, '')"
const PERSON = 'if(profile != 0 OR empty(identifiers), profile, sipHash64(identifiers) % 9007199254740991)'
const HERE = `workspace = {workspace:String} AND received_at >= ${instant('from')} AND received_at < ${instant('until')}
  AND ({source:String} = '' OR source = {source:String})`

const windowParams = ({ from, until, source = '' }: TrafficWindow) => ({ from: millisOf(from), until: millisOf(until), source })

/** What kinds of events came in a window. Reads names and times alone. */
export async function readTraffic(query: WorkspaceQuery, request: TrafficWindow & { readonly limit: number }): Promise<Traffic> {
  const rows = await query.rows<TrafficName & { all: number }>({
    operation: 'names of events in a window',
    sql: `SELECT type, ${NAME} AS name, count() AS events, count() OVER () AS all
FROM events
WHERE ${HERE}
GROUP BY type, name
ORDER BY events DESC, type, name
LIMIT {limit:UInt32}`,
    params: { ...windowParams(request), limit: request.limit },
    signal: request.signal,
  })
  return Object.freeze({ names: rows.map(({ all: _, ...name }) => Object.freeze(name)), allNames: rows[0]?.all ?? 0 })
}

export interface SampleRequest extends TrafficWindow {
  readonly names: readonly TrafficName[]
  /** So many of each at the most. */
  readonly perName: number
}

/** Is no divisor of anything that people number by. */
const PARTS = 1_000_003

/**
 * Some events of each of the names, spread over all of them: which ones depends on their message ids alone, so the same ones every time. Only what is
 * sampled is read as a whole.
 */
export function sampleEvents(query: WorkspaceQuery, request: SampleRequest): AsyncIterable<readonly SampledRow[]> {
  const { names, perName, signal } = request
  // A little more than is needed: the limit takes what is too much.
  const shares = names.map(({ events }) => Math.min(PARTS, Math.ceil((PARTS * perName * 1.25) / Math.max(1, events))))
  return query.pages<SampledRow>({
    operation: 'a sample of events',
    sql: `SELECT type, ${NAME} AS name, ${PERSON} AS person, properties, traits, context, group_traits
FROM ${chosenEventsSource(`PREWHERE cityHash64(message_id) % ${PARTS} < transform(concat(type, ' ', ${NAME}), {keys:Array(String)}, {shares:Array(UInt32)}, toUInt32(0))
  WHERE ${HERE}
  LIMIT {perName:UInt32} BY type, ${NAME}`)}`,
    params: { ...windowParams(request), keys: names.map(({ type, name }) => `${type} ${name}`), shares, perName },
    signal,
  })
}
