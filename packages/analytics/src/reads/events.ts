import { type EventType, type Identifier, type ProfileId, type Properties, parseJson } from '@tenon/kernel/contracts'
import type { ParamValue } from '../engine/engine.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { eventsSource, instant } from '../sources.ts'
import type { StoredEvent } from '../writer/event-format.ts'
import { decodeCursor, type Page, pageOf } from './cursor.ts'

export interface EventsRequest {
  /** Any id of the person, also a merged one. */
  readonly profile: ProfileId
  readonly limit: number
  /** `next` of the page before. */
  readonly before?: string
  /** Only events with one of these names. */
  readonly names?: readonly string[]
  readonly signal?: AbortSignal
}

interface EventRow {
  readonly profile: number
  readonly at: number
  readonly type: EventType
  readonly name: string
  readonly source: string
  readonly message_id: string
  readonly received: number
  readonly batch: number
  readonly identifiers: readonly Identifier[]
  readonly properties: string
  readonly traits: string
  readonly context: string
  readonly group_id: string
  readonly group_traits: string
}

/** Events of a person, the newest first. The order is total, so pages neither repeat nor skip while events arrive. */
export function readEvents(query: WorkspaceQuery, request: EventsRequest): Promise<Page<StoredEvent>> {
  const { profile, names = [] } = request
  const source = eventsSource({ scope: 'asked' })
  const where = '(empty({names:Array(String)}) OR has({names:Array(String)}, name))'
  return readPage(query, request, { operation: 'events of a profile', source, where, params: { profiles: [profile], names } })
}

/** The same of everybody who did something in the name of an account: `statementsSource` says what its type is. */
export function eventsOfAccount(
  query: WorkspaceQuery,
  request: { readonly type: string; readonly id: string; readonly limit: number; readonly before?: string },
): Promise<Page<StoredEvent>> {
  const { type, id } = request
  const named = "lower(JSONExtractString(context, 'groupType'))"
  const where = `if(type = 'group', group_id, JSONExtractString(context, 'groupId')) = {account:String}
  AND if(match(${named}, '^[a-z][a-z0-9_-]{0,49}$'), ${named}, 'account') = {accountType:String}`
  return readPage(query, request, {
    operation: 'events of an account',
    source: eventsSource(),
    where,
    params: { account: id, accountType: type },
  })
}

async function readPage(
  query: WorkspaceQuery,
  request: { readonly limit: number; readonly before?: string; readonly signal?: AbortSignal },
  from: {
    readonly operation: string
    readonly source: string
    readonly where: string
    readonly params: Readonly<Record<string, ParamValue>>
  },
): Promise<Page<StoredEvent>> {
  const { limit } = request
  const [at = 0, message = '', source = ''] = request.before === undefined ? [] : decodeCursor(request.before, ['instant', 'text', 'text'])
  const rows = await query.rows<EventRow>({
    operation: from.operation,
    sql: `SELECT profile, toUnixTimestamp64Milli(timestamp) AS at, type, name, source, message_id,
  toUnixTimestamp64Milli(received_at) AS received, batch, identifiers, properties, traits, context, group_id, group_traits
FROM ${from.source}
WHERE ({first:Bool} OR tuple(timestamp, message_id, source) < tuple(${instant('at')}, {message:String}, {source:String}))
  AND (${from.where})
ORDER BY timestamp DESC, message_id DESC, source DESC
LIMIT {limit:UInt32}`,
    params: { ...from.params, first: request.before === undefined, at, message, source, limit: limit + 1 },
    signal: request.signal,
  })
  const page = pageOf(rows, limit, (row) => [row.at, row.message_id, row.source])
  return Object.freeze({ ...page, rows: page.rows.map((row) => toEvent(query.workspace, row)) })
}

function toEvent(workspace: string, row: EventRow): StoredEvent {
  return Object.freeze({
    workspace,
    profile: row.profile,
    batch: row.batch,
    messageId: row.message_id,
    source: row.source,
    type: row.type,
    name: row.name,
    identifiers: row.identifiers,
    properties: object(row.properties),
    traits: object(row.traits),
    ...(row.group_id === '' ? {} : { group: { id: row.group_id, traits: object(row.group_traits) } }),
    context: object(row.context),
    timestamp: new Date(row.at),
    receivedAt: new Date(row.received),
  })
}

/** Written by this package alone, from a JSON object. */
const object = (json: string): Properties => parseJson(json)
