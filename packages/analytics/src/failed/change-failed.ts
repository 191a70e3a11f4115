import type { Engine } from '../engine/engine.ts'
import { batch } from '../engine/limits.ts'
import { mutate } from '../overrides/mutate.ts'
import type { Topology } from '../schema/table.ts'
import { failedEvents } from '../schema/tables.ts'
import { instant } from '../sources.ts'
import { failedEventColumns } from '../writer/failed-event-format.ts'
import { type FailedEventsFilter, filterParams, lastRows } from './failed-filter.ts'

const CONTENT = "payload = '', cut = false, reason = '', event = '', message_id = '', breaches = []"

/** Writes one more row for each open event that the filter selects, within the engine. Doing it again finds none of them open. */
export async function discardFailed(
  engine: Engine,
  request: { readonly workspace: string; readonly filter: FailedEventsFilter; readonly actor: string; readonly now: Date },
): Promise<void> {
  const { workspace, filter, actor, now } = request
  const written: Readonly<Record<string, string>> = {
    step: 'step + 1',
    state: "'discarded'",
    payload: "''",
    cut: 'false',
    at: instant('now'),
    actor: '{actor:String}',
  }
  const values = failedEventColumns.map((column) => written[column] ?? column).join(', ')
  await engine.command({
    operation: 'discard failed events',
    sql: `INSERT INTO ${failedEvents.name} (${failedEventColumns.join(', ')})\n${lastRows(values)}`,
    params: { ...filterParams({ ...filter, state: 'open' }), workspace, actor, now: now.getTime() },
  })
}

/** Takes the content out of every row of the given ones: what consent forbids, whenever that turns out. */
export async function forgetFailed(
  engine: Engine,
  topology: Topology,
  {
    workspace,
    ids,
    from,
    until,
  }: { readonly workspace: string; readonly ids: readonly string[]; readonly from: Date; readonly until: Date },
): Promise<void> {
  if (ids.length === 0) return
  await mutate(engine, topology, {
    operation: 'forget failed events',
    table: failedEvents,
    change: `UPDATE ${CONTENT}
WHERE workspace = {workspace:String} AND received_at >= ${instant('from')} AND received_at <= ${instant('until')} AND id IN {ids:Array(String)}`,
    params: { workspace, ids, from: from.getTime(), until: until.getTime() },
  })
}

/**
 * Ends the retention of what was received before: contents are taken out, and what is settled goes as a whole. What is still open
 * stays in the list, without its content. Asks first: a change costs the rewriting of what it touches.
 */
export async function expireFailed(engine: Engine, topology: Topology, before: Date): Promise<void> {
  const params = { before: before.getTime() }
  const old = `received_at < ${instant('before')}`
  const due = `${old} AND (payload != '' OR state != 'open')`
  const found = engine.query<{ one: number }>({
    operation: 'failed events beyond their retention',
    sql: `SELECT 1 AS one FROM ${failedEvents.name} WHERE ${due} LIMIT 1`,
    params,
    limits: batch,
  })
  for await (const rows of found) {
    if (rows.length === 0) continue
    const settled = `SELECT workspace, received_at, id FROM ${failedEvents.name} WHERE ${old} AND state != 'open'`
    const table = failedEvents
    const operation = 'retention of failed events'
    await mutate(engine, topology, {
      operation,
      table,
      params,
      change: `DELETE WHERE ${old} AND (workspace, received_at, id) IN (${settled})`,
    })
    await mutate(engine, topology, { operation, table, params, change: `UPDATE ${CONTENT} WHERE ${old} AND payload != ''` })
    return
  }
}
