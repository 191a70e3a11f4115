import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { eventsSource } from '../sources.ts'

/** Stored events of the workspace, those of nobody included. */
export async function countEvents(query: WorkspaceQuery, signal?: AbortSignal): Promise<number> {
  const [row] = await query.rows<{ events: number }>({
    operation: 'the number of events',
    sql: 'SELECT count() AS events FROM events WHERE workspace = {workspace:String}',
    signal,
  })
  return row?.events ?? 0
}

/** People with at least one event. */
export async function countProfiles(query: WorkspaceQuery, signal?: AbortSignal): Promise<number> {
  const [row] = await query.rows<{ profiles: number }>({
    operation: 'the number of profiles',
    sql: `SELECT uniqExact(profile) AS profiles FROM ${eventsSource()}`,
    signal,
  })
  return row?.profiles ?? 0
}

export interface EventName {
  readonly name: string
  readonly type: string
  readonly events: number
  readonly firstAt: Date
  readonly lastAt: Date
}

/** What kinds of events there are, the most frequent first: the catalogue that editors choose from. */
export async function readEventNames(
  query: WorkspaceQuery,
  request: { readonly limit: number; readonly signal?: AbortSignal },
): Promise<readonly EventName[]> {
  const rows = await query.rows<{ name: string; type: string; events: number; first: number; last: number }>({
    operation: 'names of events',
    sql: `SELECT name, type, count() AS events,
  toUnixTimestamp64Milli(min(timestamp)) AS first, toUnixTimestamp64Milli(max(timestamp)) AS last
FROM events
WHERE workspace = {workspace:String}
GROUP BY name, type
ORDER BY events DESC, name, type
LIMIT {limit:UInt32}`,
    params: { limit: request.limit },
    signal: request.signal,
  })
  return rows.map(({ name, type, events, first, last }) =>
    Object.freeze({ name, type, events, firstAt: new Date(first), lastAt: new Date(last) }),
  )
}
