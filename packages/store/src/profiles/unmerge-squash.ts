import type { ProfileId } from '@tenon/kernel/contracts'
import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { lockIdentities } from './lock-identities.ts'
import type { SettledOverrides, SquashStep } from './unmerges.ts'

/** Under the lock of identities: whoever takes a merge back at the same moment has done so before, or finds it claimed. */
export async function claimSquash(scope: Scope, { before, limit }: { readonly before: Date; readonly limit: number }): Promise<SquashStep> {
  const { db, workspace } = scope
  await lockIdentities(scope)
  const { rows } = await sql<{ id: number; loser: ProfileId; members: readonly ProfileId[] }>`
    update tenon.merges set squash = 1
    where workspace = ${workspace} and id = any(array(
      select id from tenon.merges
      where workspace = ${workspace} and undone_by is null and squash < 2 and recorded_at <= ${before}::timestamptz
      order by id limit ${limit}
    ))
    returning id, loser, members`.execute(db)
  const claimed = rows.toSorted((left, right) => left.id - right.id)
  // Only merges of this age: a younger one above may still be taken back.
  const { rows: roots } = await sql<{ loser: ProfileId; root: ProfileId }>`
    with recursive up (loser, root, depth) as (
      select loser, winner, 1 from tenon.merges where workspace = ${workspace} and id = any(${claimed.map(({ id }) => id)}::bigint[])
      union all
      select up.loser, merges.winner, up.depth + 1
      from up join tenon.merges on merges.workspace = ${workspace} and merges.loser = up.root
        and merges.undone_by is null and merges.recorded_at <= ${before}::timestamptz
    )
    select distinct on (loser) loser, root from up order by loser, depth desc`.execute(db)
  const rootOf = new Map(roots.map(({ loser, root }) => [loser, root]))
  return Object.freeze({
    merges: claimed.map(({ id }) => id),
    moves: claimed.flatMap(({ loser, members }) => {
      const into = rootOf.get(loser)
      return into === undefined ? [] : [{ from: loser, into, stored: [loser, ...members] }]
    }),
  })
}

export async function squashed({ db, workspace, clock }: Scope, merges: readonly number[]): Promise<void> {
  await sql`
    update tenon.merges set squash = 2, squashed_at = ${clock.now()}
    where workspace = ${workspace} and id = any(${[...merges]}::bigint[]) and squash = 1`.execute(db)
}

/** With the overrides of those whose merges were rewritten before: a later merge of their survivor wrote them anew. */
export async function settleable(
  { db, workspace }: Scope,
  { before, limit }: { readonly before: Date; readonly limit: number },
): Promise<SettledOverrides> {
  const { rows } = await sql<{ id: number; old: ProfileId; into: ProfileId; version: number }>`
    with rewritten as (
      select id, loser, members from tenon.merges
      where workspace = ${workspace} and undone_by is null and squash = 2 and squashed_at <= ${before}::timestamptz
      order by id limit ${limit}
    ), version as (
      select greatest(
        (select max(id) from tenon.merges where workspace = ${workspace}),
        (select max(id) from tenon.unmerges where workspace = ${workspace})
      ) as version
    )
    select rewritten.id, profiles.id as old, profiles.merged_into as into, version.version
    from rewritten cross join version
    cross join lateral unnest(array_prepend(rewritten.loser, rewritten.members)) as old (id)
    join tenon.profiles on profiles.workspace = ${workspace} and profiles.id = old.id and profiles.merged_into is not null
    where exists (
      select 1 from tenon.merges own
      where own.workspace = ${workspace} and own.loser = old.id and own.undone_by is null and own.squash >= 2
        and own.squashed_at <= ${before}::timestamptz
    )
    order by rewritten.id, old.id`.execute(db)
  const overrides = new Map(rows.map(({ old, into, version }) => [old, { old, into, version }]))
  return Object.freeze({ merges: [...new Set(rows.map(({ id }) => id))], overrides: [...overrides.values()] })
}

export async function overridesSettled({ db, workspace }: Scope, merges: readonly number[]): Promise<void> {
  await sql`
    update tenon.merges set squash = 3 where workspace = ${workspace} and id = any(${[...merges]}::bigint[]) and squash = 2`.execute(db)
}
