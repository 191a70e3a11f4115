import { batch } from '../engine/limits.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { instant } from '../sources.ts'

export interface StoredMessagesRequest {
  readonly messageIds: readonly string[]
  /** Only what was received from then on: what keeps the engine from reading everything. */
  readonly receivedFrom: Date
  readonly signal?: AbortSignal
}

/** That an event of this source with this message id is stored, and by which batch. */
export interface StoredMessage {
  readonly source: string
  readonly messageId: string
  readonly batch: number
}

/** Ids that are asked for in one query. */
const AT_ONCE = 5_000

/** Which messages are stored. Scans the message ids of the time that is asked about: nothing for the way of every event. */
export async function readStoredMessages(query: WorkspaceQuery, request: StoredMessagesRequest): Promise<readonly StoredMessage[]> {
  const { receivedFrom, signal } = request
  // As they are written: the engine keeps UTF-8.
  const messageIds = request.messageIds.map((id) => id.toWellFormed())
  const stored: StoredMessage[] = []
  for (let from = 0; from < messageIds.length; from += AT_ONCE) {
    const rows = await query.rows<StoredMessage>({
      operation: 'stored messages',
      sql: `SELECT DISTINCT source, message_id AS messageId, batch FROM events
WHERE workspace = {workspace:String} AND received_at >= ${instant('from')} AND message_id IN {messageIds:Array(String)}`,
      params: { messageIds: messageIds.slice(from, from + AT_ONCE), from: receivedFrom.getTime() },
      limits: batch,
      signal,
    })
    stored.push(...rows.map((row) => Object.freeze(row)))
  }
  return Object.freeze(stored)
}
