/** The day in UTC, as Postgres reads it. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10)
