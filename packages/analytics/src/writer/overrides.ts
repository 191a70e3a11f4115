import { createHash } from 'node:crypto'
import type { ProfileId } from '@tenon/kernel/contracts'
import type { Engine } from '../engine/engine.ts'
import { bindWorkspace } from '../engine/workspace-query.ts'
import { insertRows, type RowFormat } from './insert-rows.ts'
import { text } from './tsv.ts'

/** A merge, as its ledger has it. */
export interface Override {
  readonly workspace: string
  /** The profile that is no more. */
  readonly old: ProfileId
  readonly into: ProfileId
  /** The number of the merge in its ledger: grows. */
  readonly version: number
}

const format: RowFormat<Override> = Object.freeze({
  table: 'profile_overrides',
  columns: ['workspace', 'old_profile', 'profile', 'version'],
  naturals: ({ old, into, version }: Override) => ({ old_profile: old, profile: into, version }),
  dates: () => ({}),
  line: ({ workspace, old, into, version }: Override) => `${text(workspace)}\t${old}\t${into}\t${version}`,
})

/**
 * Writes merges so that every merged id points at its last survivor in one hop. Writing merges again, also after later ones,
 * changes nothing. One writer at a time for a workspace.
 */
export async function insertOverrides(engine: Engine, rows: readonly Override[], signal?: AbortSignal): Promise<void> {
  const workspaces = Map.groupBy(rows, (row) => row.workspace)
  for (const [workspace, merges] of workspaces) {
    const known = await touchedBy(engine, workspace, merges, signal)
    const compressed = compress(workspace, known, merges)
    if (compressed.length > 0) await insertRows(engine, format, compressed, { token: tokenOf(compressed), signal })
  }
}

/** By content, the workspace included. */
const tokenOf = (rows: readonly Override[]): string => createHash('sha256').update(rows.map(format.line).join('\n')).digest('hex')

type Known = ReadonlyMap<ProfileId, { readonly into: ProfileId; readonly version: number }>

/** The overrides of all ids in the merges, and those that point at one of them. */
async function touchedBy(engine: Engine, workspace: string, merges: readonly Override[], signal?: AbortSignal): Promise<Known> {
  const ids = [...new Set(merges.flatMap(({ old, into }) => [old, into]))]
  const rows = await bindWorkspace(engine, workspace).rows<{ old: number; into: number; last: number }>({
    operation: 'overrides of merged profiles',
    sql: `SELECT old_profile AS old, argMax(profile, version) AS into, max(version) AS last
FROM profile_overrides
WHERE workspace = {workspace:String} AND old_profile IN (
  SELECT old_profile FROM profile_overrides
  WHERE workspace = {workspace:String} AND (old_profile IN {ids:Array(UInt64)} OR profile IN {ids:Array(UInt64)})
)
GROUP BY old_profile`,
    params: { ids },
    signal,
  })
  return new Map(rows.map(({ old, into, last }) => [old, { into, version: last }]))
}

function compress(workspace: string, known: Known, merges: readonly Override[]): readonly Override[] {
  const next = new Map(known)
  for (const { old, into, version } of merges.toSorted((left, right) => left.version - right.version)) {
    const survivor = next.get(into)?.into ?? into
    if (survivor === old || next.get(old)?.into === survivor) continue
    next.set(old, { into: survivor, version: Math.max(version, next.get(old)?.version ?? 0) })
    for (const [id, to] of next) if (to.into === old) next.set(id, { into: survivor, version: Math.max(version, to.version) })
  }
  return [...next]
    .filter(([old, to]) => known.get(old)?.into !== to.into || known.get(old)?.version !== to.version)
    .map(([old, to]) => ({ workspace, old, into: to.into, version: to.version }))
    .toSorted((left, right) => left.old - right.old)
}
