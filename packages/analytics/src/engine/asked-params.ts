import type { ProfileId } from '@tenon/kernel/contracts'
import type { Engine, ParamValue } from './engine.ts'
import type { Limits } from './limits.ts'

/** For so few it is asked first whether any of them was ever merged: hardly anybody is, and that takes a third of the time. */
const FEW = 100

/**
 * Parameters of the sources of asked profiles: `profiles`, who they are today; `storedProfiles`, all ids that their rows may be
 * written with; `mergedFrom` and `mergedInto`, how those lead to them.
 */
export async function askedParams(request: {
  readonly engine: Engine
  readonly workspace: string
  readonly profiles: readonly ProfileId[]
  readonly limits: Limits
  readonly signal: AbortSignal | undefined
}): Promise<Readonly<Record<string, ParamValue>>> {
  const { engine, workspace, limits, signal } = request
  const wanted = [...new Set(request.profiles)].filter((profile) => profile !== 0)
  const survivors = new Map<ProfileId, ProfileId>()
  const elsewhere: { readonly of: ProfileId; readonly stored: ProfileId }[] = []
  const asking = { params: { workspace, profiles: wanted }, limits, signal }
  const readMerges = async (): Promise<void> => {
    const sql = { operation: 'merges of the asked profiles', sql: MERGES }
    for await (const page of engine.query<{ what: 'merged' | 'reassigned'; id: ProfileId; other: ProfileId }>({ ...sql, ...asking }))
      for (const { what, id, other } of page)
        if (what === 'merged') survivors.set(id, other)
        else elsewhere.push({ of: id, stored: other })
  }
  const wasMerged = async (): Promise<boolean> => {
    const sql = { operation: 'whether asked profiles were merged', sql: WAS_MERGED }
    for await (const page of engine.query({ ...sql, ...asking })) if (page.length > 0) return true
    return false
  }
  if (wanted.length > FEW || (wanted.length > 0 && (await wasMerged()))) await readMerges()
  const asked = new Set(wanted.map((profile) => survivors.get(profile) ?? profile))
  const merged = [...survivors].filter(([old, into]) => asked.has(into) && old !== into)
  const theirs = new Set([...asked, ...merged.map(([old]) => old)])
  const reassigned = elsewhere.flatMap(({ of, stored }) => (theirs.has(of) ? [stored] : []))
  return {
    profiles: [...asked],
    storedProfiles: [...new Set([...theirs, ...reassigned])],
    mergedFrom: merged.map(([old]) => old),
    mergedInto: merged.map(([, into]) => into),
  }
}

/**
 * The latest override of every id that ever pointed at one of the asked or at one of their survivors, and of the asked themselves;
 * and the stored profiles under which rows of any of them lie that were reassigned.
 */
const MERGES = `WITH
  wanted AS (SELECT arrayJoin({profiles:Array(UInt64)}) AS id),
  heads AS (
    SELECT id FROM wanted
    UNION ALL
    SELECT profile AS id FROM profile_overrides WHERE workspace = {workspace:String} AND old_profile IN (SELECT id FROM wanted)
  ),
  family AS (
    SELECT old_profile AS id FROM profile_overrides
    WHERE workspace = {workspace:String} AND (old_profile IN (SELECT id FROM wanted) OR profile IN (SELECT id FROM heads))
  )
SELECT 'merged' AS what, old_profile AS id, argMax(profile, version) AS other
FROM profile_overrides
WHERE workspace = {workspace:String} AND old_profile IN (SELECT id FROM family)
GROUP BY old_profile
UNION ALL
SELECT DISTINCT 'reassigned' AS what, to_profile AS id, stored_profile AS other
FROM reassigned_profiles
WHERE workspace = {workspace:String} AND to_profile IN (SELECT id FROM heads UNION ALL SELECT id FROM family)`

/** A row where any of them has an override, is where one leads, or has rows under another id; none where the answer above is empty. */
const WAS_MERGED = `SELECT 1 FROM profile_overrides
WHERE workspace = {workspace:String} AND (old_profile IN {profiles:Array(UInt64)} OR profile IN {profiles:Array(UInt64)})
LIMIT 1
UNION ALL
SELECT 1 FROM reassigned_profiles WHERE workspace = {workspace:String} AND to_profile IN {profiles:Array(UInt64)}
LIMIT 1`
