import type { Identifier, ProfileId } from '@tenon/kernel/contracts'
import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { ProfileUnknown } from '../errors.ts'
import { familyOf } from './family.ts'

type Held = Identifier & { readonly since: Date }

/** One person became part of another, with what that person was at the moment. */
export interface Joining {
  readonly winner: ProfileId
  readonly loser: ProfileId
  readonly members: readonly ProfileId[]
  readonly identifiers: readonly Held[]
}

/** Persons in memory while merges are worked out. */
export interface Persons {
  readonly personOf: (profile: ProfileId) => ProfileId
  /** Makes the person of `from` a part of the person of `into`; undefined where they are one already. */
  readonly join: (from: ProfileId, into: ProfileId) => Joining | undefined
}

/** The persons behind the profiles. Every one of them must exist. */
export async function readPersons({ db, workspace }: Scope, profiles: ReadonlySet<ProfileId>): Promise<Persons> {
  await mustExist({ db, workspace }, profiles)
  const { rows: family } = await sql<{ person: number; member: number }>`
    select distinct person, member from ${familyOf(workspace, [...profiles])} as family`.execute(db)
  const { rows: identifiers } = await sql<Held & { profile: number }>`
    select type, value, since, profile from tenon.identifiers
    where workspace = ${workspace} and profile = any(${family.map(({ person }) => person)}::bigint[])
    order by since, type, value`.execute(db)

  const held = Map.groupBy(identifiers, ({ profile }) => profile)
  const members = Map.groupBy(
    family.filter(({ person, member }) => person !== member),
    ({ person }) => person,
  )
  return personsOf(
    [...new Set(family.map(({ person }) => person))].map((id) => ({
      id,
      members: (members.get(id) ?? []).map(({ member }) => member),
      identifiers: (held.get(id) ?? []).map(({ type, value, since }) => ({ type, value, since })),
    })),
  )
}

async function mustExist({ db, workspace }: Pick<Scope, 'db' | 'workspace'>, profiles: ReadonlySet<ProfileId>): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select asked.id from unnest(${[...profiles]}::bigint[]) as asked (id)
    where not exists (select 1 from tenon.profiles where workspace = ${workspace} and profiles.id = asked.id)`.execute(db)
  if (rows.length > 0) throw ProfileUnknown.create({ profiles: rows.map(({ id }) => id) })
}

interface Person {
  readonly id: ProfileId
  readonly members: readonly ProfileId[]
  readonly identifiers: readonly Held[]
}

function personsOf(given: readonly Person[]): Persons {
  const byId = new Map(given.map((person) => [person.id, person]))
  const leads = new Map(given.flatMap(({ id, members }) => [[id, id] as const, ...members.map((member) => [member, id] as const)]))
  const personOf = (profile: ProfileId): ProfileId => leads.get(profile) ?? profile
  const get = (profile: ProfileId): Person => byId.get(personOf(profile)) ?? { id: profile, members: [], identifiers: [] }

  return {
    personOf,
    join(from, into) {
      const [loser, winner] = [get(from), get(into)]
      if (loser.id === winner.id) return undefined
      byId.delete(loser.id)
      byId.set(winner.id, {
        id: winner.id,
        members: [...winner.members, loser.id, ...loser.members],
        identifiers: [...winner.identifiers, ...loser.identifiers],
      })
      for (const profile of [loser.id, ...loser.members]) leads.set(profile, winner.id)
      return { winner: winner.id, loser: loser.id, members: loser.members, identifiers: loser.identifiers }
    },
  }
}
