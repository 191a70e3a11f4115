import type { ProfileId } from '@tenon/kernel/contracts'
import { askedParams } from '../engine/asked-params.ts'
import type { Engine } from '../engine/engine.ts'
import { batch } from '../engine/limits.ts'
import { bindWorkspace } from '../engine/workspace-query.ts'
import type { Topology } from '../schema/table.ts'
import { events, reassignedProfiles } from '../schema/tables.ts'
import { insertRows, type RowFormat } from '../writer/insert-rows.ts'
import { text } from '../writer/tsv.ts'
import { mutate } from './mutate.ts'
import { groupSql } from './sightings.ts'

export interface Reassignment {
  readonly workspace: string
  /** Whose they are by themselves (`profile` of their sightings). */
  readonly from: readonly ProfileId[]
  readonly to: ProfileId
  /** Of `sightings`: which of them. */
  readonly groups: readonly string[]
  /** The number of the unmerge. */
  readonly version: number
}

interface Place {
  readonly workspace: string
  readonly to: ProfileId
  readonly stored: ProfileId
  readonly version: number
}

const format: RowFormat<Place> = Object.freeze({
  table: reassignedProfiles.name,
  columns: ['workspace', 'to_profile', 'stored_profile', 'version'],
  naturals: ({ to, stored, version }: Place) => ({ to_profile: to, stored_profile: stored, version }),
  dates: () => ({}),
  line: ({ workspace, to, stored, version }: Place) => `${text(workspace)}\t${to}\t${stored}\t${version}`,
})

/**
 * Gives events of one person to another, after the override that took them apart. They keep the profile that they came with; `person`
 * says whose they are. Where to look for them is written first: in between an event is one person's or the other's, never both
 * and never nobody's. Doing it again changes nothing.
 */
export async function reassignEvents(engine: Engine, topology: Topology, request: Reassignment, signal?: AbortSignal): Promise<void> {
  const { workspace, from, to, groups, version } = request
  if (groups.length === 0 || from.length === 0) return
  const { storedProfiles = [] } = await askedParams({ engine, workspace, profiles: from, limits: batch, signal })
  const params = { stored: storedProfiles, own: from, groups }
  const where = `workspace = {workspace:String} AND profile IN {stored:Array(UInt64)} AND person IN {own:Array(UInt64)}
  AND ${groupSql} IN {groups:Array(String)}`
  const places = await bindWorkspace(engine, workspace).rows<{ stored: ProfileId }>({
    operation: 'stored profiles of reassigned events',
    sql: `SELECT DISTINCT profile AS stored FROM ${events.name} WHERE ${where} ORDER BY stored`,
    params,
    limits: batch,
    signal,
  })
  if (places.length === 0) return
  const rows = places.map(({ stored }) => ({ workspace, to, stored, version }))
  await insertRows(engine, format, rows, { token: JSON.stringify([workspace, to, version, places]), signal })
  await mutate(engine, topology, {
    operation: 'reassign events',
    table: events,
    change: `UPDATE person = {to:UInt64}\nWHERE ${where}`,
    params: { ...params, workspace, to },
  })
}
