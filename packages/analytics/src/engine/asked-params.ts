import type { ProfileId } from '@tenon/kernel/contracts'
import type { Engine, ParamValue } from './engine.ts'
import type { Limits } from './limits.ts'

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
  const params = { workspace, profiles: wanted }
  const pages = engine.query<{ old: ProfileId; into: ProfileId }>({
    operation: 'merges of the asked profiles',
    sql: MERGES,
    params,
    limits,
    signal,
  })
  for await (const page of pages) for (const { old, into } of page) survivors.set(old, into)
  const asked = new Set(wanted.map((profile) => survivors.get(profile) ?? profile))
  const merged = [...survivors].filter(([, into]) => asked.has(into))
  return {
    profiles: [...asked],
    storedProfiles: [...asked, ...merged.map(([old]) => old)],
    mergedFrom: merged.map(([old]) => old),
    mergedInto: merged.map(([, into]) => into),
  }
}

/** The latest override of every id that ever pointed at one of the asked or at one of their survivors, and of the asked themselves. */
const MERGES = `WITH wanted AS (SELECT arrayJoin({profiles:Array(UInt64)}) AS id)
SELECT old_profile AS old, argMax(profile, version) AS into
FROM profile_overrides
WHERE workspace = {workspace:String} AND (
  old_profile IN (SELECT id FROM wanted) OR
  old_profile IN (
    SELECT old_profile FROM profile_overrides
    WHERE workspace = {workspace:String} AND profile IN (
      SELECT id FROM wanted
      UNION ALL
      SELECT profile FROM profile_overrides WHERE workspace = {workspace:String} AND old_profile IN (SELECT id FROM wanted)
    )
  )
)
GROUP BY old_profile`
