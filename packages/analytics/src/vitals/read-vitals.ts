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
  readonly mutations: readonly { readonly table: string; readonly ageS: number; readonly failing: boolean }[]
  readonly disks: readonly { readonly name: string; readonly freeBytes: number; readonly totalBytes: number }[]
  /** Statements that run now and have for a while. */
  readonly longestQueryS: number
}

export async function readVitals(engine: Engine): Promise<AnalyticsVitals> {
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
  const mutations = await ask<{ table: string; ageS: number; failing: number }>(
    'mutations',
    `SELECT table, dateDiff('second', create_time, now()) AS ageS, toUInt8(latest_fail_reason != '') AS failing
FROM system.mutations WHERE database = currentDatabase() AND NOT is_done ORDER BY create_time`,
  )
  const disks = await ask<AnalyticsVitals['disks'][number]>(
    'disks',
    'SELECT name, free_space AS freeBytes, total_space AS totalBytes FROM system.disks ORDER BY name',
  )
  const [running] = await ask<{ longest: number }>('running queries', 'SELECT max(elapsed) AS longest FROM system.processes')
  return Object.freeze({
    version: server?.version ?? '',
    now: new Date(server?.now ?? Number.NaN),
    parts,
    mutations: mutations.map((mutation) => ({ ...mutation, failing: mutation.failing === 1 })),
    disks,
    longestQueryS: running?.longest ?? 0,
  })
}
