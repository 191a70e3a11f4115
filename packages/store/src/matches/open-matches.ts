import type { ProfileId } from '@tenon/kernel/contracts'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import { again, type Scope, transactAgain } from '../database/session.ts'
import { storableText } from '../database/storable.ts'
import type { Tables } from '../database/tables.ts'
import { keptApart, rejected } from './kept-apart.ts'
import type { Match, Matches, MatchState } from './matches.ts'
import { propose } from './propose.ts'

type MatchRow = Selectable<Tables['tenon.match_proposals']>

export function openMatches(scope: Scope): Matches {
  const { db, workspace } = scope

  return Object.freeze({
    propose: (request) => transactAgain(scope, (inner) => propose(inner, request)),
    sweep: ({ matcher, before }) =>
      again(scope, async () => {
        const { numAffectedRows } = await sql`
          delete from tenon.match_proposals
          where workspace = ${workspace} and matcher = ${matcher} and state = 'open' and seen_at < ${before}`.execute(db)
        return Number(numAffectedRows ?? 0n)
      }),
    list: ({ state, limit, matcher, after }) =>
      again(scope, async () => {
        const { rows } = await sql<MatchRow>`
          select proposals.*, ${personOf('lower')} as lower, ${personOf('upper')} as upper from tenon.match_proposals as proposals
          where workspace = ${workspace} and state = ${state}
            and (${matcher ?? null}::text is null or matcher = ${matcher ?? null})
            and (${after?.id ?? null}::bigint is null or (-weight, id) > (${-(after?.weight ?? 0)}::double precision, ${after?.id ?? 0}::bigint))
          order by weight desc, id limit ${limit}`.execute(db)
        return rows.map(matchOf)
      }),
    get: (id) =>
      again(scope, async () => {
        const { rows } = await sql<MatchRow>`
          select proposals.*, ${personOf('lower')} as lower, ${personOf('upper')} as upper from tenon.match_proposals as proposals
          where workspace = ${workspace} and id = ${id}
          ${scope.transactional ? sql`for update` : sql``}`.execute(db)
        return rows[0] && matchOf(rows[0])
      }),
    decide: ({ id, state, at, by, note, merge }) =>
      again(scope, async () => {
        await db
          .updateTable('tenon.match_proposals')
          .set({
            state,
            decided_at: at,
            decided_by: storableText(by),
            note: note === undefined ? null : storableText(note),
            merge: merge ?? null,
          })
          .where('workspace', '=', workspace)
          .where('id', '=', id)
          .execute()
      }),
    counts: (matcher) =>
      again(scope, async () => {
        const { rows } = await sql<{ state: MatchState; count: number }>`
          select state, count(*) as count from tenon.match_proposals
          where workspace = ${workspace} and matcher = ${matcher} group by state`.execute(db)
        return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
      }),
    areKeptApart: (left, right) =>
      again(scope, async () => {
        const { rows } = await sql`
          select 1 from (select lower, upper from ${keptApart(workspace)} as apart union all select lower, upper from ${rejected(workspace)} as said)
          as pairs where lower = ${Math.min(left, right)}::bigint and upper = ${Math.max(left, right)}::bigint limit 1`.execute(db)
        return rows.length > 0
      }),
  } satisfies Matches)
}

/** The person of today. */
const personOf = (column: 'lower' | 'upper'): RawBuilder<number> => sql<number>`(
  select coalesce(merged_into, profiles.id) from tenon.profiles
  where profiles.workspace = proposals.workspace and profiles.id = ${sql.ref(`proposals.${column}`)}
)`

function matchOf(row: MatchRow): Match {
  const [left, right]: [ProfileId, ProfileId] = row.lower < row.upper ? [row.lower, row.upper] : [row.upper, row.lower]
  const { decided_at: at, decided_by: by, note } = row
  return Object.freeze({
    id: row.id,
    matcher: row.matcher,
    left,
    right,
    probability: row.probability,
    weight: row.weight,
    evidence: row.evidence,
    state: row.state,
    proposedAt: row.proposed_at,
    ...(at === null || by === null ? {} : { decided: { at, by, ...(note === null ? {} : { note }) } }),
    ...(row.merge === null ? {} : { merge: row.merge }),
  })
}
