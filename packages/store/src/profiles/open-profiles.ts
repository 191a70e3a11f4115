import type { Identifier, Owner, ProfileId } from '@tenon/kernel/contracts'
import { sql } from 'kysely'
import { again, type Scope, transactAgain } from '../database/session.ts'
import { attach } from './attach.ts'
import { familyOf } from './family.ts'
import { instantsBehind } from './instants-behind.ts'
import { lockIdentities } from './lock-identities.ts'
import { ledgerOf, mergeAll } from './merge.ts'
import type { Profiles } from './profiles.ts'
import { isStorableIdentifier } from './storable-identifier.ts'

export function openProfiles(scope: Scope): Profiles {
  const { db, workspace, clock } = scope

  return Object.freeze({
    find: (identifier) => again(scope, () => find(scope, identifier)),
    identifiers: (profile) =>
      again(scope, async () => {
        const { rows } = await sql<Identifier & { since: Date }>`
          select i.type, i.value, i.since
          from tenon.profiles p join tenon.identifiers i on i.workspace = p.workspace and i.profile = coalesce(p.merged_into, p.id)
          where p.workspace = ${workspace} and p.id = ${profile}
          order by i.since, i.type, i.value`.execute(db)
        return rows.map((row) => Object.freeze(row))
      }),
    identifiersOf: (profiles) =>
      again(scope, async () => {
        const { rows } = await sql<Identifier & { since: Date; profile: ProfileId }>`
          select p.id as profile, i.type, i.value, i.since
          from tenon.profiles p join tenon.identifiers i on i.workspace = p.workspace and i.profile = coalesce(p.merged_into, p.id)
          where p.workspace = ${workspace} and p.id = any(${[...profiles]}::bigint[])
          order by i.since, i.type, i.value`.execute(db)
        const held = Map.groupBy(rows, ({ profile }) => profile)
        return new Map(
          [...held].map(([profile, own]) => [profile, own.map(({ type, value, since }) => Object.freeze({ type, value, since }))]),
        )
      }),
    owners: (identifiers) => again(scope, () => owners(scope, identifiers)),
    async create(count, firstSeen = clock.now()) {
      const times = firstSeen instanceof Date ? Array.from({ length: count }, () => firstSeen) : firstSeen.slice(0, count)
      const { rows } = await sql<{ id: number }>`
        insert into tenon.profiles (workspace, first_seen)
        select ${workspace}, seen from unnest(${times}::timestamptz[]) with ordinality as given (seen, place) order by place
        returning id`.execute(db)
      return rows.map(({ id }) => id).sort((left, right) => left - right)
    },
    attach: (rows) => transactAgain(scope, (inner) => attach(inner, rows)),
    merge: (merge) => transactAgain(scope, (inner) => mergeAll(inner, [merge])),
    mergeAll: (merges) => transactAgain(scope, (inner) => mergeAll(inner, merges)),
    behind: (groups, earliest = scope.clock.now()) => again(scope, () => instantsBehind(scope, groups, earliest)),
    merges: (profile) => again(scope, () => ledgerOf(scope, profile)),
    unsettledMerges: () =>
      again(scope, async () => {
        const { rows } = await sql<{ id: number; winner: ProfileId }>`
          select id, winner from tenon.merges where workspace = ${workspace} and not settled order by id limit 1000`.execute(db)
        return rows
      }),
    settleMerges: (merges) =>
      again(scope, async () => {
        await sql`
          update tenon.merges set settled = true where workspace = ${workspace} and id = any(${[...merges]}::bigint[]) and not settled`.execute(
          db,
        )
      }),
    resolve: (profiles) =>
      again(scope, async () => {
        const { rows } = await sql<{ id: number; person: number }>`
          select id, coalesce(merged_into, id) as person
          from tenon.profiles where workspace = ${workspace} and id = any(${[...profiles]}::bigint[])`.execute(db)
        return new Map(rows.map(({ id, person }) => [id, person]))
      }),
    family: (profile) =>
      again(scope, async () => {
        const { rows } = await sql<{ member: number }>`
          select member from ${familyOf(workspace, [profile])} as family order by member <> person, member`.execute(db)
        return rows.map(({ member }) => member)
      }),
    pages: ({ limit = 10_000 } = {}) => pages(scope, limit),
    count: () =>
      again(scope, async () => {
        const { count } = await db
          .selectFrom('tenon.profiles')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('workspace', '=', workspace)
          .where('merged_into', 'is', null)
          .executeTakeFirstOrThrow()
        return count
      }),
    version: () =>
      again(scope, async () => {
        const { rows } = await sql<{ version: number }>`
          insert into tenon.identity_versions as held (workspace, version) values (${workspace}, 0)
          on conflict (workspace) do update set version = held.version
          returning version`.execute(db)
        return rows[0]?.version ?? 0
      }),
    lock: () => lockIdentities(scope),
  } satisfies Profiles)
}

async function* pages(scope: Scope, limit: number): AsyncGenerator<readonly ProfileId[]> {
  for (let after = 0; ; ) {
    const rows = await again(scope, () =>
      scope.db
        .selectFrom('tenon.profiles')
        .select('id')
        .where('workspace', '=', scope.workspace)
        .where('id', '>', after)
        .where('merged_into', 'is', null)
        .orderBy('id')
        .limit(limit)
        .execute(),
    )
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map(({ id }) => id)
    after = last.id
  }
}

async function find({ db, workspace }: Scope, identifier: Identifier): Promise<ProfileId | undefined> {
  if (!isStorableIdentifier(identifier)) return undefined
  const row = await db
    .selectFrom('tenon.identifiers')
    .select('profile')
    .where('workspace', '=', workspace)
    .where('type', '=', identifier.type)
    .where('value', '=', identifier.value)
    .executeTakeFirst()
  return row?.profile
}

async function owners({ db, workspace }: Scope, identifiers: readonly Identifier[]): Promise<readonly Owner[]> {
  const asked = identifiers.filter(isStorableIdentifier)
  if (asked.length === 0) return []
  const { rows } = await sql<{ profile: number; first_seen: Date; types: string[]; values: string[]; since: Date[] }>`
    with persons as (
      select distinct held.profile
      from unnest(${asked.map(({ type }) => type)}::text[], ${asked.map(({ value }) => value)}::text[]) as asked (type, value)
      cross join lateral (
        select profile from tenon.identifiers where workspace = ${workspace} and type = asked.type and value = asked.value offset 0
      ) held
    )
    select persons.profile, seen.first_seen, held.types, held.values, held.since
    from persons
    cross join lateral (
      select min(first_seen) as first_seen from tenon.profiles
      where workspace = ${workspace} and (id = persons.profile or merged_into = persons.profile)
    ) seen
    cross join lateral (
      select array_agg(type order by since, type, value) as types, array_agg(value order by since, type, value) as values,
        array_agg(since order by since, type, value) as since
      from tenon.identifiers where workspace = ${workspace} and profile = persons.profile
    ) held
    order by persons.profile`.execute(db)
  return rows.map(({ profile, first_seen, types, values, since }) =>
    Object.freeze({
      profile,
      firstSeen: first_seen,
      identifiers: types.map((type, at) => ({ type, value: values[at] ?? '', since: since[at] ?? first_seen })),
    }),
  )
}
