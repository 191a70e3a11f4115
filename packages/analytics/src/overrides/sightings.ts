import type { Identifier, ProfileId } from '@tenon/kernel/contracts'
import { batch } from '../engine/limits.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { eventsSource } from '../sources.ts'

/** Events of a person that name the same identifiers and came with the same profile. */
export interface Sighting {
  /** Names the group for `reassignEvents`. */
  readonly group: string
  /** Whose they are by themselves: the profile they came with, unless they were reassigned. */
  readonly profile: ProfileId
  /** As the sender wrote them. */
  readonly identifiers: readonly Identifier[]
  readonly events: number
  /** The first of them; `at` is when it happened, and never later than when it was received. */
  readonly first: { readonly source: string; readonly messageId: string; readonly at: Date }
}

/** How the identifiers of an event are named, so that a group can be found again. */
export const groupSql = 'hex(sipHash128(identifiers))'

interface Row {
  readonly key: string
  readonly own: ProfileId
  readonly named: readonly Identifier[]
  readonly events: number
  readonly first: readonly [at: number, message: string, source: string]
}

/** With which identifiers, together, the events of a person came: what explains an identity, and what an unmerge goes by. The first seen first. */
export async function readSightings(
  query: WorkspaceQuery,
  request: { readonly profile: ProfileId; readonly signal?: AbortSignal },
): Promise<readonly Sighting[]> {
  const rows = await query.rows<Row>({
    operation: 'sightings of a profile',
    sql: `SELECT ${groupSql} AS key, own_profile AS own, any(identifiers) AS named, count() AS events,
  min(tuple(toUnixTimestamp64Milli(least(timestamp, received_at)), message_id, source)) AS first
FROM ${eventsSource({ scope: 'asked' })}
GROUP BY key, own
ORDER BY first, own`,
    params: { profiles: [request.profile] },
    limits: { ...batch, resultRows: 100_000 },
    signal: request.signal,
  })
  return Object.freeze(
    rows.map(({ key, own, named, events, first: [at, messageId, source] }) =>
      Object.freeze({
        group: key,
        profile: own,
        identifiers: named.map(({ type, value }) => ({ type, value })),
        events,
        first: { source, messageId, at: new Date(at) },
      }),
    ),
  )
}
