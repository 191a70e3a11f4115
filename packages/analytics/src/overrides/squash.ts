import { createHash } from 'node:crypto'
import type { ProfileId } from '@tenon/kernel/contracts'
import type { Engine } from '../engine/engine.ts'
import { batch } from '../engine/limits.ts'
import { bindWorkspace } from '../engine/workspace-query.ts'
import type { Topology } from '../schema/table.ts'
import { events, profileOverrides, segmentTransitions, tagValues } from '../schema/tables.ts'
import { insertRows, type RowFormat } from '../writer/insert-rows.ts'
import type { Override } from '../writer/overrides.ts'
import { text } from '../writer/tsv.ts'
import { mutate } from './mutate.ts'

export interface Squash {
  readonly workspace: string
  readonly moves: readonly {
    readonly from: ProfileId
    readonly into: ProfileId
    /** Ids that rows of `from` may have been written with. */
    readonly stored: readonly ProfileId[]
  }[]
}

/**
 * Writes into each row of a merged profile whose it is for good. The overrides stay in force meanwhile and lead to the same person
 * from either value, so every answer is the same before, during and after. Doing it again changes nothing.
 */
export async function squashPersons(engine: Engine, topology: Topology, { workspace, moves }: Squash, signal?: AbortSignal): Promise<void> {
  if (moves.length === 0) return
  const from = moves.map((move) => move.from)
  const places = await bindWorkspace(engine, workspace).rows<{ stored: ProfileId }>({
    operation: 'stored profiles of squashed persons',
    sql: `SELECT DISTINCT stored_profile AS stored FROM reassigned_profiles
WHERE workspace = {workspace:String} AND to_profile IN {from:Array(UInt64)}`,
    params: { from },
    limits: batch,
    signal,
  })
  const stored = [...new Set([...from, ...moves.flatMap((move) => move.stored), ...places.map((place) => place.stored)])]
  const params = { workspace, from, into: moves.map((move) => move.into), stored }
  for (const table of [events, tagValues, segmentTransitions]) {
    signal?.throwIfAborted()
    await mutate(engine, topology, {
      operation: `squash ${table.name}`,
      table,
      change: `UPDATE person = transform(person, {from:Array(UInt64)}, {into:Array(UInt64)}, person)
WHERE workspace = {workspace:String} AND profile IN {stored:Array(UInt64)} AND person IN {from:Array(UInt64)}`,
      params,
    })
  }
}

const format: RowFormat<Override> = Object.freeze({
  table: profileOverrides.name,
  columns: ['workspace', 'old_profile', 'profile', 'version', 'settled'],
  naturals: ({ old, into, version }: Override) => ({ old_profile: old, profile: into, version }),
  dates: () => ({}),
  line: ({ workspace, old, into, version }: Override) => `${text(workspace)}\t${old}\t${into}\t${version}\t1`,
})

/**
 * Sets overrides aside that no row needs any more: a scan over everybody does not join with them, a look-up by an old id still finds
 * them. Only when every query that began before the rows were rewritten has ended.
 */
export async function settleOverrides(
  engine: Engine,
  topology: Topology,
  { workspace, overrides }: { readonly workspace: string; readonly overrides: readonly Omit<Override, 'workspace'>[] },
  signal?: AbortSignal,
): Promise<void> {
  if (overrides.length === 0) return
  const rows = overrides.map((override) => ({ ...override, workspace }))
  const token = createHash('sha256').update(rows.map(format.line).join('\n')).digest('hex')
  await insertRows(engine, format, rows, { token, signal })
  await mutate(engine, topology, {
    operation: 'set overrides aside',
    table: profileOverrides,
    change: `DELETE WHERE workspace = {workspace:String} AND settled = 0
  AND version <= transform(old_profile, {old:Array(UInt64)}, {versions:Array(UInt64)}, toUInt64(0))`,
    params: { workspace, old: overrides.map(({ old }) => old), versions: overrides.map(({ version }) => version) },
  })
}
