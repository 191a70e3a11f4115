import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { ProfileUnknown } from '../errors.ts'
import type { Attachment, AttachmentRefused } from './profiles.ts'
import { isStorableIdentifier } from './storable-identifier.ts'

const keyOf = ({ type, value }: { readonly type: string; readonly value: string }): string => `${type}\0${value}`

export async function attach({ db, workspace }: Scope, given: readonly Attachment[]): Promise<readonly AttachmentRefused[]> {
  const unstorable = given.filter((row) => !isStorableIdentifier(row))
  const first = new Map<string, Attachment>()
  for (const row of given) if (isStorableIdentifier(row) && !first.has(keyOf(row))) first.set(keyOf(row), row)
  const rows = [...first.values()].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
  const refused = unstorable.map(({ type, value }) => ({ type, value, why: 'unstorable' as const }))
  if (rows.length === 0) return refused

  const { rows: persons } = await sql<{ id: number; person: number }>`
    select id, coalesce(merged_into, id) as person from tenon.profiles
    where workspace = ${workspace} and id = any(${rows.map(({ profile }) => profile)}::bigint[])`.execute(db)
  const personOf = new Map(persons.map(({ id, person }) => [id, person]))
  const unknown = rows.filter(({ profile }) => !personOf.has(profile)).map(({ profile }) => profile)
  if (unknown.length > 0) throw ProfileUnknown.create({ profiles: unknown })

  // An update that changes nothing is not made: most rows of a busy stream are known.
  await sql`
    insert into tenon.identifiers as held (workspace, type, value, profile, since)
    select ${workspace}, * from unnest(
      ${rows.map(({ type }) => type)}::text[], ${rows.map(({ value }) => value)}::text[],
      ${rows.map(({ profile }) => personOf.get(profile))}::bigint[], ${rows.map(({ since }) => since)}::timestamptz[]
    )
    on conflict (workspace, type, value) do update set since = excluded.since
    where held.profile = excluded.profile and excluded.since < held.since`.execute(db)

  const { rows: taken } = await sql<{ type: string; value: string; profile: number }>`
    select held.type, held.value, held.profile
    from unnest(
      ${rows.map(({ type }) => type)}::text[], ${rows.map(({ value }) => value)}::text[],
      ${rows.map(({ profile }) => personOf.get(profile))}::bigint[]
    ) as asked (type, value, profile)
    cross join lateral (
      select * from tenon.identifiers where workspace = ${workspace} and type = asked.type and value = asked.value offset 0
    ) as held
    where held.profile <> asked.profile`.execute(db)
  return [...refused, ...taken.map(({ type, value, profile }) => ({ type, value, why: 'taken' as const, holder: profile }))]
}
