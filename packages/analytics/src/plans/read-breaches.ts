import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { cursorInvalid, decodeCursor, type Page, pageOf } from '../reads/cursor.ts'
import { millisOf } from '../writer/tsv.ts'
import { type BreachFilter, breachParams, foundBreaches, LONGEST_WINDOW_MS } from './found-breaches.ts'
import { readTrafficOf } from './traffic.ts'

export interface BreachesRequest extends BreachFilter {
  readonly limit: number
  /** `next` of the page before. It stays in the window of the first page, whichever is asked for. */
  readonly cursor?: string
  readonly signal?: AbortSignal
}

/** How many events, by what became of them. */
export interface BreachCounts {
  /** All but the replayed ones: they are counted as they were stored. */
  readonly events: number
  readonly stored: number
  readonly open: number
  readonly discarded: number
  readonly replayed: number
}

/** One rule that events of one name and source break, by one version of the plan. An event counts in it once. */
export interface BreachLine extends BreachCounts {
  readonly source: string
  readonly type: string
  readonly event: string
  readonly eventVersion: number
  readonly planVersion: number
  readonly kind: string
  readonly rule: string
  readonly path: string
  readonly expected: string
  readonly actual: readonly string[]
  readonly mode: string
  /** All events of the name and the source in the window, those held back included. */
  readonly traffic: number
  /** By the day of receipt, in UTC: `2026-03-01`. */
  readonly days: readonly { readonly day: string; readonly events: number }[]
  readonly firstAt: Date
  readonly lastAt: Date
  /** The newest. */
  readonly samples: readonly { readonly messageId: string; readonly failed?: string }[]
}

export interface BreachPage extends Page<BreachLine> {
  readonly from: Date
  readonly until: Date
}

interface LineRow extends Omit<BreachLine, 'days' | 'firstAt' | 'lastAt' | 'samples' | 'traffic' | 'eventVersion' | 'planVersion'> {
  readonly id: string
  readonly event_version: number
  readonly plan_version: number
  readonly days: Readonly<Record<string, number>>
  readonly first: number
  readonly last: number
  readonly samples: readonly (readonly [age: number, messageId: string, failed: string])[]
}

const COUNTS = `countIf(outcome != 'replayed') AS events, countIf(outcome = 'stored') AS stored, countIf(outcome = 'open') AS open,
  countIf(outcome = 'discarded') AS discarded, countIf(outcome = 'replayed') AS replayed`
const KEY = 'source, type, event, event_version, plan_version, kind, rule, path'

/** What breaks a plan, the most frequent first. */
export async function readBreaches(query: WorkspaceQuery, request: BreachesRequest): Promise<BreachPage> {
  const { limit, cursor, signal } = request
  const place = cursor === undefined ? undefined : placeOf(cursor)
  const [events = 0, id = '', from = millisOf(request.from), until = millisOf(request.until)] = place ?? []
  const window = { from: new Date(from), until: new Date(until) }
  const rows = await query.rows<LineRow>({
    operation: 'violations of a tracking plan',
    sql: `SELECT * FROM (
  SELECT ${KEY}, hex(sipHash128(${KEY})) AS id, any(tupleElement(hit, 'expected')) AS expected, any(tupleElement(hit, 'mode')) AS mode,
    arraySort(groupUniqArrayIf(8)(tupleElement(hit, 'actual'), tupleElement(hit, 'actual') != '')) AS actual, ${COUNTS},
    sumMapIf(map(toString(toDate(received_at)), toUInt64(1)), outcome != 'replayed') AS days,
    toUnixTimestamp64Milli(min(received_at)) AS first, toUnixTimestamp64Milli(max(received_at)) AS last,
    groupArraySortedIf(5)(tuple(-toUnixTimestamp64Milli(received_at), message_id, failed), message_id != '') AS samples
  FROM (
    SELECT source, type, event, event_version, plan_version, received_at, message_id, failed, outcome, arrayJoin(hits) AS hit,
      tupleElement(hit, 'kind') AS kind, tupleElement(hit, 'rule') AS rule, tupleElement(hit, 'path') AS path
    FROM ${foundBreaches()}
  )
  GROUP BY ${KEY}
)
WHERE {first:Bool} OR events < {events:UInt64} OR (events = {events:UInt64} AND id > {id:String})
ORDER BY events DESC, id
LIMIT {limit:UInt32}`,
    params: { ...breachParams({ ...request, ...window }), first: place === undefined, events, id, limit: limit + 1 },
    signal,
  })
  const page = pageOf(rows, limit, (row) => [row.events, row.id, from, until])
  const names = [...new Set(page.rows.map(({ event }) => event))]
  const traffic =
    names.length === 0
      ? new Map<string, number>()
      : await readTrafficOf(query, { ...window, names, ...(signal === undefined ? {} : { signal }) })
  return Object.freeze({ ...page, ...window, rows: page.rows.map((row) => lineOf(row, traffic)) })
}

/** A window out of a cursor is no better than one that somebody asks for. */
function placeOf(cursor: string): readonly [events: number, id: string, from: number, until: number] {
  const [events, id, from, until] = decodeCursor(cursor, ['natural', 'text', 'instant', 'instant']) as [number, string, number, number]
  if (from >= until || until - from > LONGEST_WINDOW_MS) throw cursorInvalid(cursor)
  return [events, id, from, until]
}

/** The same over all rules: an event counts once, whatever it breaks. */
export async function countBreaches(
  query: WorkspaceQuery,
  request: BreachFilter & { readonly signal?: AbortSignal },
): Promise<BreachCounts> {
  const [row] = await query.rows<BreachCounts>({
    operation: 'numbers of violations of a tracking plan',
    sql: `SELECT ${COUNTS} FROM ${foundBreaches()}`,
    params: breachParams(request),
    signal: request.signal,
  })
  return row ?? { events: 0, stored: 0, open: 0, discarded: 0, replayed: 0 }
}

function lineOf(row: LineRow, traffic: ReadonlyMap<string, number>): BreachLine {
  const { id: _, event_version: eventVersion, plan_version: planVersion, days, first, last, samples, ...rest } = row
  return Object.freeze({
    ...rest,
    ...{ eventVersion, planVersion, traffic: traffic.get(JSON.stringify([row.source, row.type, row.event])) ?? row.events },
    days: Object.entries(days)
      .map(([day, events]) => ({ day, events }))
      .toSorted((left, right) => (left.day < right.day ? -1 : 1)),
    ...{ firstAt: new Date(first), lastAt: new Date(last) },
    samples: samples.map(([, messageId, failed]) => ({ messageId, ...(failed === '' ? {} : { failed }) })),
  })
}
