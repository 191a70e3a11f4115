import type { ProfileId } from '@tenon/kernel/contracts'
import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { familyOf } from './family.ts'

/** See `Profiles.behind`. */
export async function instantsBehind(
  { db, workspace }: Scope,
  groups: readonly (readonly ProfileId[])[],
  earliest: Date,
): Promise<readonly Date[]> {
  const { rows } = await sql<{ asked: ProfileId; said: Date | null; joined: Date | null }>`
    select family.asked, max(consents.last) as said, max(merges.last) as joined
    from ${familyOf(workspace, groups.flat())} as family
    cross join lateral (
      select max(recorded_at) as last from tenon.consents where workspace = ${workspace} and profile = family.member offset 0
    ) as consents
    cross join lateral (
      select max(recorded_at) as last from tenon.merges where workspace = ${workspace} and loser = family.member and undone_by is null offset 0
    ) as merges
    group by family.asked`.execute(db)
  const behind = new Map(rows.map(({ asked, said, joined }) => [asked, Math.max(joined?.getTime() ?? 0, said ? said.getTime() + 1 : 0)]))
  return groups.map((group) => new Date(Math.max(earliest.getTime(), ...group.map((profile) => behind.get(profile) ?? 0))))
}
