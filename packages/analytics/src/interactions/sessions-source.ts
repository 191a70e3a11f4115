import type { Fragment } from '../sources.ts'

/**
 * Sessions as a subquery with `profile`, `ended` and `session`: (at in milliseconds, item, kind, weight) in the order of time,
 * then of item and kind. A silence longer than the parameter `gapMs` ends a session.
 */
export function sessionsSource(interactions: Fragment): Fragment {
  return {
    sql: `(SELECT profile, session, session[-1].1 AS ended
FROM (
  SELECT profile, arraySort(groupArray(tuple(toUnixTimestamp64Milli(at), item, kind, weight))) AS history
  FROM ${interactions.sql}
  GROUP BY profile
)
ARRAY JOIN arraySplit(
  (interaction, place) -> place > 1 AND interaction.1 - history[place - 1].1 > {gapMs:Int64},
  history, arrayEnumerate(history)
) AS session)`,
    params: interactions.params,
  }
}
