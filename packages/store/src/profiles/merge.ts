import type { ProfileId } from '@tenon/kernel/contracts'
import { type Selectable, sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import type { Tables } from '../database/tables.ts'
import { familyOf } from './family.ts'
import { instantsBehind } from './instants-behind.ts'
import { lockIdentities } from './lock-identities.ts'
import { type Joining, readPersons } from './persons.ts'
import type { Merge, MergeEntry } from './profiles.ts'

/** Reads everybody concerned, works the merges out one after the other in memory, and writes the outcome: the number of statements is fixed. */
export async function mergeAll(scope: Scope, merges: readonly Merge[]): Promise<readonly MergeEntry[]> {
  if (merges.length === 0) return []
  await lockIdentities(scope)
  const persons = await readPersons(scope, new Set(merges.flatMap(({ into, from }) => [into, ...from])))
  const joinings = merges.flatMap((merge) =>
    merge.from.flatMap((from) => {
      const joining = persons.join(from, merge.into)
      return joining ? [{ ...joining, merge }] : []
    }),
  )
  if (joinings.length === 0) return []
  const undated = joinings.filter(({ merge }) => merge.recordedAt === undefined).flatMap(({ winner, loser }) => [winner, loser])
  const [now = scope.clock.now()] = undated.length === 0 ? [] : await instantsBehind(scope, [undated], scope.clock.now())
  await repoint(scope, joinings, persons.personOf)
  return writeLedger(scope, joinings, now)
}

/** The ledger of the person of a profile, the newest first. */
export async function ledgerOf({ db, workspace }: Scope, profile: ProfileId): Promise<readonly MergeEntry[]> {
  const { rows } = await sql<MergeRow>`
    select merges.* from ${familyOf(workspace, [profile])} as family
    cross join lateral (select * from tenon.merges where workspace = ${workspace} and loser = family.member offset 0) as merges
    order by merges.id desc`.execute(db)
  return rows.map(entryOf)
}

async function repoint({ db, workspace }: Scope, joinings: readonly Joining[], personOf: (id: ProfileId) => ProfileId): Promise<void> {
  const losers = [...new Set(joinings.flatMap(({ loser, members }) => [loser, ...members]))]
  const winners = losers.map(personOf)
  await sql`
    update tenon.profiles set merged_into = moved.winner
    from unnest(${losers}::bigint[], ${winners}::bigint[]) as moved (loser, winner)
    where workspace = ${workspace} and profiles.id = any(${losers}::bigint[]) and profiles.id = moved.loser`.execute(db)
  await sql`
    update tenon.identifiers set profile = moved.winner, home = coalesce(identifiers.home, identifiers.profile)
    from unnest(${losers}::bigint[], ${winners}::bigint[]) as moved (loser, winner)
    where workspace = ${workspace} and identifiers.profile = any(${losers}::bigint[]) and identifiers.profile = moved.loser`.execute(db)
}

/** One parameter for each column: with one for each value, some thousand merges are more than a statement takes. */
async function writeLedger(scope: Scope, joinings: readonly (Joining & { readonly merge: Merge })[], now: Date) {
  const { db, workspace } = scope
  const of = <T>(read: (joining: Joining & { readonly merge: Merge }) => T): T[] => joinings.map(read)
  const { rows } = await sql<MergeRow>`
    insert into tenon.merges
      (workspace, winner, loser, members, identifiers, rule, source, message_id, at, evidence, settled, recorded_at)
    select ${workspace}, winner, loser, array(select jsonb_array_elements_text(members)::bigint), identifiers, rule, source, message_id, at,
      evidence, settled, recorded_at
    from unnest(
      ${of(({ winner }) => winner)}::bigint[], ${of(({ loser }) => loser)}::bigint[], ${of(({ members }) => storableJson(members))}::jsonb[],
      ${of(({ identifiers }) => storableJson(identifiers))}::jsonb[], ${of(({ merge }) => merge.rule)}::text[],
      ${of(({ merge }) => merge.source)}::text[], ${of(({ merge }) => merge.messageId)}::text[], ${of(({ merge }) => merge.at)}::timestamptz[],
      ${of(({ merge }) => storableJson(merge.evidence))}::jsonb[], ${of(({ merge }) => merge.settled ?? true)}::boolean[],
      ${of(({ merge }) => merge.recordedAt ?? now)}::timestamptz[]
    ) with ordinality as given (winner, loser, members, identifiers, rule, source, message_id, at, evidence, settled, recorded_at, place)
    order by place
    returning *`.execute(db)
  return rows.map(entryOf).sort((left, right) => left.id - right.id)
}

type MergeRow = Selectable<Tables['tenon.merges']>

export const entryOf = (row: MergeRow): MergeEntry =>
  Object.freeze({
    id: row.id,
    winner: row.winner,
    loser: row.loser,
    members: row.members,
    identifiers: row.identifiers.map(({ type, value, since }) => ({ type, value, since: new Date(since) })),
    rule: row.rule,
    source: row.source,
    messageId: row.message_id,
    at: row.at,
    evidence: row.evidence,
    recordedAt: row.recorded_at,
  })
