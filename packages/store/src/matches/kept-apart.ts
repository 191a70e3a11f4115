import { type RawBuilder, sql } from 'kysely'

/** `(lower, upper)`: persons of today of whom somebody said that they are not one. They are few. */
export const keptApart = (workspace: string): RawBuilder<unknown> => sql`(
  select least(one.id, other.id) as lower, greatest(one.id, other.id) as upper
  from tenon.unmerges
  cross join lateral (
    select coalesce(merged_into, id) as id from tenon.profiles where workspace = ${workspace} and profiles.id = unmerges.restored
  ) as one
  cross join lateral (
    select coalesce(merged_into, id) as id from tenon.profiles where workspace = ${workspace} and profiles.id = unmerges.remaining
  ) as other
  where unmerges.workspace = ${workspace} and one.id <> other.id
)`

/** `(lower, upper, matcher, fingerprint)`: persons of today of whom somebody rejected that they are one. */
export const rejected = (workspace: string): RawBuilder<unknown> => sql`(
  select least(one.id, other.id) as lower, greatest(one.id, other.id) as upper, proposals.matcher, proposals.fingerprint
  from tenon.match_proposals as proposals
  cross join lateral (
    select coalesce(merged_into, id) as id from tenon.profiles where workspace = ${workspace} and profiles.id = proposals.lower
  ) as one
  cross join lateral (
    select coalesce(merged_into, id) as id from tenon.profiles where workspace = ${workspace} and profiles.id = proposals.upper
  ) as other
  where proposals.workspace = ${workspace} and proposals.state = 'rejected'
)`
