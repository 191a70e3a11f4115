import { accountEvents, accountWord } from '../schema/tables.ts'
import { eventsSource, type SourceOptions } from '../sources.ts'

/**
 * What events say about who belongs to which account: `profile`, `account_type`, `account`, `leaves`, `role`, `account_traits`, and the
 * order of events: `timestamp`, `received_at`, `message_id`. A group call says that its person is a member, and what the
 * account is; `properties.role` says as what. The type is `context.groupType`, and `account` where it is absent or no name. Rows have the person of today:
 * membership follows merges and unmerges without being moved.
 */
export const statementsSource = (options: SourceOptions = {}): string => `(
  SELECT profile, account, account_type, leaves, role, account_traits, timestamp, received_at, message_id
  FROM (
    SELECT profile, timestamp, received_at, message_id, type, group_traits AS account_traits,
      if(type = 'group', group_id, JSONExtractString(context, 'groupId')) AS account,
      lower(JSONExtractString(context, 'groupType')) AS named_type,
      if(match(named_type, '^[a-z][a-z0-9_-]{0,49}$'), named_type, 'account') AS account_type,
      type = 'track' AND name = '${accountEvents.left}' AS leaves,
      JSONExtractString(properties, 'role') AS role
    FROM ${eventsSource(options)}
    WHERE ${accountWord} IN ('group', '${accountEvents.joined}', '${accountEvents.left}')
      AND ((type = 'group' AND group_id != '') OR (type = 'track' AND name IN ('${accountEvents.joined}', '${accountEvents.left}')))
  )
  WHERE account != ''
)`

/** Later counts; of the same instant, what came later, and then the greater message id: an order that everybody sees alike. */
export const ORDER = 'tuple(timestamp, received_at, message_id)'

/**
 * One row for each person and account that ever had to do with each other: `since` (the first join after the last leave, 0 where there
 * is none), `left_at` (0 where the person is a member), `role` (the last that was said), `met_at` and `seen_at` (the first and the last statement).
 */
export const membershipsSource = (options: SourceOptions & { readonly where?: string } = {}): string => `(
  SELECT profile, account_type, account,
    maxIf(${ORDER}, leaves) AS last_leave,
    arrayMin(arrayFilter(joined -> joined > last_leave, groupArrayIf(${ORDER}, NOT leaves))) AS first_join,
    argMax(leaves, ${ORDER}) AS is_gone,
    toUnixTimestamp64Milli(first_join.1) AS since,
    if(is_gone, toUnixTimestamp64Milli(last_leave.1), 0) AS left_at,
    argMaxIf(role, ${ORDER}, role != '') AS role,
    toUnixTimestamp64Milli(min(timestamp)) AS met_at,
    toUnixTimestamp64Milli(max(timestamp)) AS seen_at
  FROM ${statementsSource(options)}
  WHERE ${options.where ?? 'true'}
  GROUP BY profile, account_type, account
)`
