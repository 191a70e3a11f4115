import { type RawBuilder, sql } from 'kysely'

/** How many seconds ago an instant was, by the clock of Postgres; 0 where there is none. */
export const secondsSince = (instant: string): RawBuilder<number> =>
  sql<number>`coalesce(extract(epoch from clock_timestamp() - ${sql.raw(instant)}), 0)::float8`
