import type { ProfileId } from '@tenon/kernel/contracts'
import { type RawBuilder, sql } from 'kysely'

/**
 * A table expression `(asked, person, member)`: for each asked profile the person it belongs to, and every profile of that
 * person. Rows that keep the profile they came with (consents, grants, messages) are found by `member`. A profile that
 * does not exist is a person of its own.
 */
export const familyOf = (workspace: string, profiles: readonly ProfileId[]): RawBuilder<unknown> => sql`(
  with persons as (
    select asked.id as asked, coalesce(profile.merged_into, asked.id) as person
    from (select distinct unnest(${[...profiles]}::bigint[]) as id) asked
    left join tenon.profiles profile on profile.workspace = ${workspace} and profile.id = asked.id
  )
  select asked, person, person as member from persons
  union all
  select persons.asked, persons.person, merged.id
  from persons join tenon.profiles merged on merged.workspace = ${workspace} and merged.merged_into = persons.person
)`
