import { cutList } from '../engine/cut-list.ts'
import { batch, type Limits } from '../engine/limits.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { AnalyticsLimit } from '../errors.ts'
import { instant } from '../sources.ts'

export interface StoredMessagesRequest {
  readonly messageIds: readonly string[]
  /** Only what was received from then on: what keeps the engine from reading everything. */
  readonly receivedFrom: Date
  /** Only what this batch has written: an index leads there, and the answer is waited for. */
  readonly batch?: number
  readonly signal?: AbortSignal
}

/** That an event of this source with this message id is stored, and by which batch. */
export interface StoredMessage {
  readonly source: string
  readonly messageId: string
  readonly batch: number
}

/** Of the ids of one query: the index passes over less the more is asked for at once. */
const ID_BYTES = 65_536
/** Of all queries of one look-up: ingest waits for it. */
const LOOK_UP: Limits = Object.freeze({ seconds: 10, memoryBytes: 1_000_000_000, resultRows: 200_000 })

/**
 * Which messages are stored. An index over message ids says where they may be, of the time that is asked about: nothing for the way of
 * every event. What takes too long is `AnalyticsLimit`.
 */
export async function readStoredMessages(query: WorkspaceQuery, request: StoredMessagesRequest): Promise<readonly StoredMessage[]> {
  const { receivedFrom, batch: only, signal } = request
  // As they are written: the engine keeps UTF-8.
  const messageIds = request.messageIds.map((id) => id.toWellFormed())
  const limitsNow = only === undefined ? within(LOOK_UP) : () => batch
  const stored: StoredMessage[] = []
  for (const piece of cutList(messageIds, ID_BYTES)) {
    const rows = await query.rows<StoredMessage>({
      operation: 'stored messages',
      sql: `SELECT DISTINCT source, message_id AS messageId, batch FROM events
WHERE workspace = {workspace:String} AND received_at >= ${instant('from')}
  AND message_id IN {messageIds:Array(String)}${only === undefined ? '' : ' AND batch = {batch:UInt64}'}`,
      params: { messageIds: piece, from: receivedFrom.getTime(), ...(only === undefined ? {} : { batch: only }) },
      limits: limitsNow(),
      signal,
    })
    stored.push(...rows.map((row) => Object.freeze(row)))
  }
  return Object.freeze(stored)
}

/** The limits of each of several queries that share the time of one. */
function within(limits: Limits): () => Limits {
  const end = performance.now() + limits.seconds * 1_000
  return () => {
    const left = Math.ceil((end - performance.now()) / 1_000)
    if (left <= 0)
      throw AnalyticsLimit.create({ operation: 'stored messages', limit: 'time', reason: `not found out in ${limits.seconds} s` })
    return { ...limits, seconds: left }
  }
}
