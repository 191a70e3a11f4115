import { batch } from '../engine/limits.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { decodeCursor, type Page, pageOf } from '../reads/cursor.ts'
import { instant } from '../sources.ts'
import type { FailedEvent, FailedEventState } from '../writer/failed-event-format.ts'
import { type FailedEventsFilter, filterParams, lastRows } from './failed-filter.ts'

export interface FailedEventsRequest extends FailedEventsFilter {
  readonly limit: number
  /** `next` of the page before. */
  readonly cursor?: string
  /** By receipt; the newest first where absent. */
  readonly order?: 'newest' | 'oldest'
  readonly signal?: AbortSignal
}

interface FailedRow {
  readonly id: string
  readonly source: string
  readonly state: FailedEventState
  readonly attempt: number
  readonly step: number
  readonly stage: string
  readonly code: string
  readonly reason: string
  readonly event: string
  readonly payload: string
  readonly cut: boolean
  readonly format: 'source' | 'event'
  readonly message_id: string
  readonly received: number
  readonly batch: number
  readonly changed: number
  readonly actor: string
}

const COLUMNS = `id, source, state, attempt, step, stage, code, reason, event, payload, cut, format, message_id,
  toUnixTimestamp64Milli(received_at) AS received, batch, toUnixTimestamp64Milli(at) AS changed, actor`

/** What was refused, as each of them is now. */
export async function readFailedEvents(query: WorkspaceQuery, request: FailedEventsRequest): Promise<Page<FailedEvent>> {
  const { limit, cursor, order = 'newest', signal } = request
  const [at = 0, id = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['instant', 'text'])
  const [direction, beyond] = order === 'newest' ? (['DESC', '<'] as const) : (['ASC', '>'] as const)
  const place = `({first:Bool} OR tuple(received_at, id) ${beyond} tuple(${instant('at')}, {id:String}))`
  const rows = await query.rows<FailedRow>({
    operation: 'failed events',
    sql: `${lastRows(COLUMNS, direction, place)}
ORDER BY received_at ${direction}, id ${direction}
LIMIT {limit:UInt32}`,
    params: { ...filterParams(request), first: cursor === undefined, at, id, limit: limit + 1 },
    signal,
  })
  const page = pageOf(rows, limit, (row) => [row.received, row.id])
  return Object.freeze({ ...page, rows: page.rows.map((row) => toFailedEvent(query.workspace, row)) })
}

/** All that happened to one of them, the newest first; empty where there is none. */
export async function readFailedHistory(query: WorkspaceQuery, id: string, signal?: AbortSignal): Promise<readonly FailedEvent[]> {
  const rows = await query.rows<FailedRow>({
    operation: 'a failed event',
    sql: `SELECT ${COLUMNS} FROM failed_events
WHERE workspace = {workspace:String} AND id = {id:String}
ORDER BY attempt DESC, step DESC, at DESC
LIMIT 1 BY attempt, step
LIMIT 1000`,
    params: { id },
    signal,
  })
  return Object.freeze(rows.map((row) => toFailedEvent(query.workspace, row)))
}

export interface FailedGroup {
  readonly state: FailedEventState
  readonly stage: string
  readonly code: string
  readonly events: number
  readonly firstAt: Date
  readonly lastAt: Date
}

/** How many there are of which kind, the most frequent first. */
export async function countFailedEvents(
  query: WorkspaceQuery,
  filter: FailedEventsFilter,
  signal?: AbortSignal,
): Promise<readonly FailedGroup[]> {
  const rows = await query.rows<{ state: FailedEventState; stage: string; code: string; events: number; first: number; last: number }>({
    operation: 'numbers of failed events',
    sql: `SELECT state, stage, code, count() AS events,
  toUnixTimestamp64Milli(min(received_at)) AS first, toUnixTimestamp64Milli(max(received_at)) AS last
FROM (${lastRows('state, stage, code, received_at')})
GROUP BY state, stage, code
ORDER BY events DESC, stage, code, state
LIMIT 1000`,
    params: filterParams(filter),
    limits: { ...batch, seconds: 60 },
    signal,
  })
  return Object.freeze(rows.map(({ first, last, ...row }) => Object.freeze({ ...row, firstAt: new Date(first), lastAt: new Date(last) })))
}

function toFailedEvent(workspace: string, row: FailedRow): FailedEvent {
  const { message_id: messageId, received, changed, event, cut, ...rest } = row
  return Object.freeze({
    ...rest,
    workspace,
    ...(messageId === '' ? {} : { messageId }),
    ...(event === '' ? {} : { event }),
    ...(cut ? { cut } : {}),
    receivedAt: new Date(received),
    at: new Date(changed),
  })
}
