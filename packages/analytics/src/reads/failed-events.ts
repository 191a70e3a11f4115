import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { instant } from '../sources.ts'
import type { FailedEvent } from '../writer/failed-event-format.ts'
import { decodeCursor, type Page, pageOf } from './cursor.ts'

export interface FailedEventsRequest {
  readonly limit: number
  /** `next` of the page before. */
  readonly cursor?: string
  readonly stage?: string
  readonly code?: string
  readonly signal?: AbortSignal
}

interface FailedRow {
  readonly id: string
  readonly source: string
  readonly stage: string
  readonly code: string
  readonly reason: string
  readonly payload: string
  readonly message_id: string
  readonly received: number
  readonly batch: number
}

/** What was refused, the newest first. */
export async function readFailedEvents(query: WorkspaceQuery, request: FailedEventsRequest): Promise<Page<FailedEvent>> {
  const [at = 0, id = ''] = request.cursor === undefined ? [] : decodeCursor(request.cursor, ['number', 'string'])
  const rows = await query.rows<FailedRow>({
    operation: 'failed events',
    sql: `SELECT id, source, stage, code, reason, payload, message_id, toUnixTimestamp64Milli(received_at) AS received, batch
FROM failed_events
WHERE workspace = {workspace:String}
  AND ({first:Bool} OR tuple(received_at, id) < tuple(${instant('at')}, {id:String}))
  AND ({stage:String} = '' OR stage = {stage:String})
  AND ({code:String} = '' OR code = {code:String})
ORDER BY received_at DESC, id DESC
LIMIT 1 BY id
LIMIT {limit:UInt32}`,
    params: {
      first: request.cursor === undefined,
      at,
      id,
      stage: request.stage ?? '',
      code: request.code ?? '',
      limit: request.limit + 1,
    },
    signal: request.signal,
  })
  const page = pageOf(rows, request.limit, (row) => [row.received, row.id])
  return Object.freeze({ ...page, rows: page.rows.map((row) => toFailedEvent(query.workspace, row)) })
}

function toFailedEvent(workspace: string, row: FailedRow): FailedEvent {
  const { id, source, stage, code, reason, payload, batch } = row
  const messageId = row.message_id === '' ? {} : { messageId: row.message_id }
  return Object.freeze({ id, workspace, source, stage, code, reason, payload, ...messageId, receivedAt: new Date(row.received), batch })
}
