import type { ProfileId } from '@tenon/kernel/contracts'
import { type RawBuilder, sql } from 'kysely'

/**
 * A table expression `(asked, person, member)`: for each asked profile the person it belongs to, and every profile of that
 * person. Rows that keep the profile they came with (consents, grants, messages) are found by `member`. A profile that
 * does not exist is a person of its own.
 */
export const familyOf = (workspace: string, profiles: readonly ProfileId[]): RawBuilder<unknown> => sql`(
  select person.asked, person.id as person, member.id as member
  from (
    select asked.id as asked, coalesce(known.merged_into, asked.id) as id
    from (select distinct unnest(${[...profiles]}::bigint[]) as id) asked
    left join lateral (select merged_into from tenon.profiles where workspace = ${workspace} and profiles.id = asked.id offset 0) known on true
    -- Worked out once: without this, everything behind it looks the person up again.
    offset 0
  ) person
  cross join lateral (
    select person.id union all select profiles.id from tenon.profiles where workspace = ${workspace} and merged_into = person.id
  ) member
)`
