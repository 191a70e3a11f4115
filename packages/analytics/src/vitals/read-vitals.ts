import { backupMark } from '../backup/backup-mark.ts'
import { isFrozen } from '../backup/frozen-tables.ts'
import type { Engine } from '../engine/engine.ts'
import { interactive } from '../engine/limits.ts'

/** What a doctor asks the engine. */
export interface AnalyticsVitals {
  readonly version: string
  /** The clock of the engine. */
  readonly now: Date
  /** The partition with the most active parts of each table, the worst first. */
  readonly parts: readonly { readonly table: string; readonly parts: number }[]
  /** Rewrites that are not through. */
  readonly mutations: readonly { readonly table: string; readonly since: Date; readonly failing: boolean; readonly engineCode: string }[]
  readonly disks: readonly { readonly name: string; readonly freeBytes: number; readonly totalBytes: number }[]
  /** Statements that have run for long, the longest first, without the reads of a backup; a mark stands for each value in them. */
  readonly slow: readonly { readonly id: string; readonly since: Date; readonly statement: string }[]
  /** Failed events of the last hour, and of the day before that. */
  readonly failed: { readonly lastHour: number; readonly dayBefore: number; readonly since: Date }
  /** Copies of tables that lag behind, or can not be written. */
  readonly replicas: readonly { readonly table: string; readonly readOnly: boolean; readonly queue: number; readonly delayS: number }[]
  /** What a backup has frozen and not let go: none while none is made. */
  readonly frozen: readonly { readonly table: string; readonly since: Date }[]
}

/** `slowS`: from how many seconds on a statement is slow. */
export async function readVitals(engine: Engine, slowS: number): Promise<AnalyticsVitals> {
  const ask = async <Row>(operation: string, sql: string): Promise<readonly Row[]> => {
    const all: Row[] = []
    for await (const page of engine.query<Row>({ operation, sql, params: {}, limits: interactive })) all.push(...page)
    return all
  }
  const [server] = await ask<{ version: string; now: number }>(
    'version and clock',
    'SELECT version() AS version, toUnixTimestamp64Milli(now64(3)) AS now',
  )
  const parts = await ask<AnalyticsVitals['parts'][number]>(
    'parts of tables',
    `SELECT table, max(parts) AS parts FROM (
  SELECT table, partition_id, count() AS parts FROM system.parts WHERE database = currentDatabase() AND active GROUP BY table, partition_id
) GROUP BY table ORDER BY parts DESC`,
  )
  const mutations = await ask<{ table: string; since: number; failing: number; engineCode: string }>(
    'mutations',
    `SELECT table, toUnixTimestamp(create_time) AS since, toUInt8(latest_fail_reason != '') AS failing,
  extract(latest_fail_reason, 'Code: (\\d+)') AS engineCode
FROM system.mutations WHERE database = currentDatabase() AND NOT is_done ORDER BY create_time`,
  )
  const disks = await ask<AnalyticsVitals['disks'][number]>(
    'disks',
    'SELECT name, free_space AS freeBytes, total_space AS totalBytes FROM system.disks ORDER BY name',
  )
  const slow = await ask<{ id: string; since: number; statement: string }>(
    'running queries',
    `SELECT query_id AS id, toUnixTimestamp(now()) - elapsed AS since, left(normalizeQuery(query), 160) AS statement
FROM system.processes WHERE elapsed > ${slowS} AND Settings['log_comment'] != '${backupMark}' ORDER BY elapsed DESC LIMIT 5`,
  )
  return Object.freeze({
    version: server?.version ?? '',
    now: new Date(server?.now ?? Number.NaN),
    parts,
    mutations: mutations.map((mutation) => ({ ...mutation, since: at(mutation.since), failing: mutation.failing === 1 })),
    disks,
    slow: slow.map((query) => ({ ...query, since: at(query.since) })),
    ...(await readTables(ask)),
  })
}

type Ask = <Row>(operation: string, sql: string) => Promise<readonly Row[]>

const at = (seconds: number): Date => new Date(seconds * 1_000)

/** What depends on which tables there are. */
async function readTables(ask: Ask): Promise<Pick<AnalyticsVitals, 'failed' | 'replicas' | 'frozen'>> {
  const tables = await ask<{ name: string; engine: string; since: number }>(
    'tables',
    `SELECT name, engine, toUnixTimestamp(metadata_modification_time) AS since FROM system.tables WHERE database = currentDatabase()`,
  )
  const [failed] = tables.some(({ name }) => name === 'failed_events')
    ? await ask<{ lastHour: number; dayBefore: number; since: number }>(
        'failed events of a day',
        `SELECT countIf(received_at >= now() - 3600) AS lastHour, countIf(received_at < now() - 3600) AS dayBefore,
  toUnixTimestamp(minIf(received_at, received_at >= now() - 3600)) AS since
FROM failed_events WHERE received_at >= now() - 25 * 3600 AND attempt = 0 AND step = 0`,
      )
    : []
  const replicas = tables.some(({ engine }) => engine.startsWith('Replicated'))
    ? await ask<{ table: string; readOnly: number; queue: number; delayS: number }>(
        'copies of tables',
        `SELECT table, is_readonly AS readOnly, queue_size AS queue, absolute_delay AS delayS FROM system.replicas
WHERE database = currentDatabase() ORDER BY absolute_delay DESC`,
      )
    : []
  return {
    failed: { lastHour: failed?.lastHour ?? 0, dayBefore: failed?.dayBefore ?? 0, since: at(failed?.since ?? 0) },
    replicas: replicas.map((replica) => ({ ...replica, readOnly: replica.readOnly === 1 })),
    frozen: tables.flatMap(({ name, since }) => (isFrozen(name) ? [{ table: name, since: at(since) }] : [])),
  }
}
