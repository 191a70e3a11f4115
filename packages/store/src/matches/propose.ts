import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import { keptApart, rejected } from './kept-apart.ts'
import type { Matches, NewMatch } from './matches.ts'

/** Keeps what a matcher thinks, in one statement, unless somebody has said otherwise already. */
export async function propose({ db, workspace }: Scope, { matcher, at, matches }: Parameters<Matches['propose']>[0]): Promise<number> {
  if (matches.length === 0) return 0
  const { numAffectedRows } = await sql`
    with asked as (
      select distinct on (lower, upper) least(one.person, other.person) as lower, greatest(one.person, other.person) as upper,
        given.probability, given.weight, given.evidence, given.fingerprint
      from unnest(
        ${matches.map(({ left }) => left)}::bigint[], ${matches.map(({ right }) => right)}::bigint[],
        ${matches.map(({ probability }) => probability)}::double precision[], ${matches.map(({ weight }) => weight)}::double precision[],
        ${matches.map(({ evidence }) => storableJson(evidence))}::jsonb[], ${matches.map(fingerprintOf)}::text[]
      ) as given ("left", "right", probability, weight, evidence, fingerprint)
      cross join lateral (
        select coalesce(merged_into, id) as person from tenon.profiles where workspace = ${workspace} and id = given."left"
      ) as one
      cross join lateral (
        select coalesce(merged_into, id) as person from tenon.profiles where workspace = ${workspace} and id = given."right"
      ) as other
      where one.person <> other.person
      order by lower, upper, given.weight desc
    ),
    refused as materialized (select * from ${rejected(workspace)} as rejected where matcher = ${matcher}),
    apart as materialized (select * from ${keptApart(workspace)} as apart)
    insert into tenon.match_proposals as held
      (workspace, matcher, lower, upper, probability, weight, evidence, fingerprint, state, proposed_at, seen_at)
    select ${workspace}, ${matcher}, lower, upper, probability, weight, evidence, fingerprint, 'open', ${at}::timestamptz, ${at}::timestamptz
    from asked
    where (lower, upper, fingerprint) not in (select lower, upper, fingerprint from refused)
      and (lower, upper) not in (select lower, upper from apart)
    on conflict (workspace, matcher, lower, upper) do update set
      probability = excluded.probability, weight = excluded.weight, evidence = excluded.evidence, fingerprint = excluded.fingerprint,
      state = 'open', seen_at = excluded.seen_at,
      proposed_at = case when held.state = 'open' then held.proposed_at else excluded.proposed_at end
    where held.state in ('open', 'rejected', 'obsolete')`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

/** Which fields agree and how, whatever a newer model weighs it. */
const fingerprintOf = ({ evidence }: NewMatch): string =>
  evidence
    .map(({ field, code }) => `${field}:${code}`)
    .sort()
    .join(' ')
