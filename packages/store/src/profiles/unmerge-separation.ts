import type { ProfileId } from '@tenon/kernel/contracts'
import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { familyOf } from './family.ts'
import { mergeRecordOf, mergeRecords } from './unmerge-records.ts'
import type { Separation, Unmerges } from './unmerges.ts'

type HeldAtHome = Awaited<ReturnType<Unmerges['homes']>>[number]

export async function separationOf(scope: Scope, merge: number): Promise<Separation | undefined> {
  const { db, workspace } = scope
  const { rows } = await mergeRecords(workspace, sql`merges.id = ${merge}`).execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  const record = mergeRecordOf(row)
  const restored = record.loser
  const under = await subtreeOf(scope, restored)
  const { rows: family } = await sql<{ person: ProfileId; member: ProfileId }>`
    select person, member from ${familyOf(workspace, [record.undone === undefined ? restored : record.winner])} as family`.execute(db)
  const held = await homesOf(scope, restored)
  const goes = new Set(under)
  return Object.freeze({
    merge: record,
    restored,
    members: under.filter((profile) => profile !== restored),
    remaining: family[0]?.person ?? record.winner,
    others: family.map(({ member }) => member).filter((profile) => !goes.has(profile)),
    path: await pathOf(scope, restored, goes),
    identifiers: {
      restored: held.filter(({ home }) => goes.has(home)).map(withoutHome),
      remaining: held.filter(({ home }) => !goes.has(home)).map(withoutHome),
    },
  })
}

/** Everything that the person of the profile holds, the oldest first. */
export async function homesOf({ db, workspace }: Scope, profile: ProfileId): Promise<readonly HeldAtHome[]> {
  const { rows } = await sql<HeldAtHome>`
    select i.type, i.value, i.since, coalesce(i.home, i.profile) as home
    from tenon.profiles p join tenon.identifiers i on i.workspace = p.workspace and i.profile = coalesce(p.merged_into, p.id)
    where p.workspace = ${workspace} and p.id = ${profile}
    order by i.since, i.type, i.value`.execute(db)
  return rows.map((row) => Object.freeze(row))
}

/** The profile and all that became a part of it, step by step, by merges that stand. */
async function subtreeOf({ db, workspace }: Scope, profile: ProfileId): Promise<readonly ProfileId[]> {
  const { rows } = await sql<{ id: ProfileId }>`
    with recursive under (id) as (
      select ${profile}::bigint
      union
      select merges.loser from under join tenon.merges on merges.workspace = ${workspace} and merges.winner = under.id and merges.undone_by is null
    )
    select id from under order by id`.execute(db)
  return rows.map(({ id }) => id)
}

/** The persons that the profile belonged to, one after the other, by merges that stand. */
async function pathOf(scope: Scope, profile: ProfileId, goes: ReadonlySet<ProfileId>): Promise<Separation['path']> {
  const { db, workspace } = scope
  const { rows } = await sql<{ profile: ProfileId; since: Date }>`
    with recursive up (profile, since, depth) as (
      select winner, recorded_at, 1 from tenon.merges where workspace = ${workspace} and loser = ${profile} and undone_by is null
      union all
      select merges.winner, merges.recorded_at, up.depth + 1
      from up join tenon.merges on merges.workspace = ${workspace} and merges.loser = up.profile and merges.undone_by is null
    )
    select profile, since from up order by depth`.execute(db)
  const path: Separation['path'][number][] = []
  for (const row of rows) {
    const under = (await subtreeOf(scope, row.profile)).filter((each) => !goes.has(each))
    path.push(Object.freeze({ ...row, under }))
  }
  return path
}

const withoutHome = ({ type, value, since }: HeldAtHome) => Object.freeze({ type, value, since })
