import type { ProfileId } from '@tenon/kernel/contracts'
import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { ProfileUnknown } from '../errors.ts'
import type { Attachment, AttachmentRefused } from './profiles.ts'
import { isStorableIdentifier } from './storable-identifier.ts'

export async function attach(scope: Scope, given: readonly Attachment[]): Promise<readonly AttachmentRefused[]> {
  const first = new Map<string, Attachment>()
  const refused: AttachmentRefused[] = []
  for (const row of given) {
    const key = `${row.type}\0${row.value}`
    if (!isStorableIdentifier(row)) refused.push({ type: row.type, value: row.value, why: 'unstorable' })
    else if (!first.has(key)) first.set(key, row)
  }
  if (first.size === 0) return refused

  const sorted = [...first].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row)
  const personOf = await personsOf(scope, sorted)
  const rows = sorted.map((row) => ({ ...row, profile: personOf.get(row.profile) ?? row.profile }))
  const written = await write(scope, rows)
  return written === rows.length ? refused : [...refused, ...(await takenOf(scope, rows))]
}

async function personsOf({ db, workspace }: Scope, rows: readonly Attachment[]): Promise<ReadonlyMap<ProfileId, ProfileId>> {
  const profiles = [...new Set(rows.map(({ profile }) => profile))]
  const { rows: persons } = await sql<{ id: number; person: number }>`
    select id, coalesce(merged_into, id) as person from tenon.profiles
    where workspace = ${workspace} and id = any(${profiles}::bigint[])`.execute(db)
  const personOf = new Map(persons.map(({ id, person }) => [id, person]))
  const unknown = profiles.filter((profile) => !personOf.has(profile))
  if (unknown.length > 0) throw ProfileUnknown.create({ profiles: unknown })
  return personOf
}

/** How many rows were new or became older. An update that changes nothing is not made. */
async function write({ db, workspace }: Scope, rows: readonly Attachment[]): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into tenon.identifiers as held (workspace, type, value, profile, since)
    select ${workspace}, * from unnest(
      ${rows.map(({ type }) => type)}::text[], ${rows.map(({ value }) => value)}::text[],
      ${rows.map(({ profile }) => profile)}::bigint[], ${rows.map(({ since }) => since)}::timestamptz[]
    )
    on conflict (workspace, type, value) do update set since = excluded.since
    where held.profile = excluded.profile and excluded.since < held.since`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

async function takenOf({ db, workspace }: Scope, rows: readonly Attachment[]): Promise<readonly AttachmentRefused[]> {
  const { rows: taken } = await sql<{ type: string; value: string; profile: number }>`
    select held.type, held.value, held.profile
    from unnest(
      ${rows.map(({ type }) => type)}::text[], ${rows.map(({ value }) => value)}::text[],
      ${rows.map(({ profile }) => profile)}::bigint[]
    ) as asked (type, value, profile)
    cross join lateral (
      select * from tenon.identifiers where workspace = ${workspace} and type = asked.type and value = asked.value offset 0
    ) as held
    where held.profile <> asked.profile`.execute(db)
  return taken.map(({ type, value, profile }) => ({ type, value, why: 'taken' as const, holder: profile }))
}
