import type { Fragment } from '../sources.ts'

/**
 * Sessions as a subquery with `profile`, `ended` and `session`: (at in milliseconds, item, kind, weight) in the order of time,
 * then of item and kind. A silence longer than the parameter `gapMs` ends a session.
 * Nothing captures a history in a lambda: the engine would copy all of it for each of its elements.
 */
export function sessionsSource(interactions: Fragment): Fragment {
  return {
    sql: `(SELECT profile, session, session[-1].1 AS ended
FROM (
  SELECT profile, arraySort(groupArray(tuple(toUnixTimestamp64Milli(at), item, kind, weight))) AS history
  FROM ${interactions.sql}
  GROUP BY profile
)
ARRAY JOIN arraySplit((interaction, silence) -> silence > {gapMs:Int64}, history, arrayDifference(history.1)) AS session)`,
    params: interactions.params,
  }
}
