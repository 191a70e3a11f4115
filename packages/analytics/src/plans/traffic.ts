import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { instant } from '../sources.ts'
import { millisOf } from '../writer/tsv.ts'

/** How many events of some names came in a window, by source, type and name as JSON: those that were stored, and those that a plan holds back. */
export async function readTrafficOf(
  query: WorkspaceQuery,
  request: { readonly from: Date; readonly until: Date; readonly names: readonly string[]; readonly signal?: AbortSignal },
): Promise<ReadonlyMap<string, number>> {
  const { from, until, names, signal } = request
  const received = `workspace = {workspace:String} AND received_at >= ${instant('from')} AND received_at < ${instant('until')}`
  const rows = await query.rows<{ source: string; type: string; name: string; events: number }>({
    operation: 'traffic of events',
    sql: `SELECT source, type, name, sum(events) AS events FROM (
  SELECT source, type, name, count() AS events FROM events WHERE ${received} AND name IN {names:Array(String)} GROUP BY source, type, name
  UNION ALL
  SELECT source, tupleElement(last, 1) AS type, tupleElement(last, 2) AS name, count() AS events FROM (
    SELECT any(source) AS source, argMax(state, tuple(attempt, step)) AS outcome,
      argMaxIf(tuple(event_type, event), tuple(attempt, step), notEmpty(breaches)) AS last
    FROM failed_events WHERE ${received} AND event IN {names:Array(String)}
    GROUP BY received_at, id
    HAVING max(notEmpty(breaches)) AND outcome IN ('open', 'discarded')
  ) GROUP BY source, type, name
) GROUP BY source, type, name`,
    params: { from: millisOf(from), until: millisOf(until), names },
    signal,
  })
  return new Map(rows.map(({ source, type, name, events }) => [JSON.stringify([source, type, name]), events]))
}
