import { type Json, type ProfileId, type Properties, parseJson } from '@tenon/kernel/contracts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { eventsSource, instant } from '../sources.ts'

export interface TraitsRequest {
  readonly profiles: readonly ProfileId[]
  /** As known from events up to then; without it, of all. */
  readonly asOf?: Date
  readonly signal?: AbortSignal
}

/** Ids that are asked for in one query. */
const AT_ONCE = 5_000

/**
 * The last value of each top-level trait over all events of the person, by `timestamp`, then `received_at`, then message id.
 * A null takes the trait away. Keyed by survivors; a profile without traits is absent.
 */
export async function readTraits(query: WorkspaceQuery, request: TraitsRequest): Promise<ReadonlyMap<ProfileId, Properties>> {
  const found = new Map<ProfileId, Properties>()
  for (let from = 0; from < request.profiles.length; from += AT_ONCE) {
    const rows = await query.rows<{ profile: number; traits: readonly (readonly [string, string])[] }>({
      operation: 'traits of profiles',
      sql: `SELECT profile, groupArray(tuple(key, value)) AS traits
FROM (
  SELECT profile, trait.1 AS key, argMax(trait.2, tuple(timestamp, received_at, message_id)) AS value
  FROM ${eventsSource({ scope: 'asked' })}
  ARRAY JOIN JSONExtractKeysAndValuesRaw(traits) AS trait
  WHERE traits != '{}' ${request.asOf === undefined ? '' : `AND timestamp <= ${instant('asOf')}`}
  GROUP BY profile, key
)
WHERE value != 'null'
GROUP BY profile`,
      params: {
        profiles: request.profiles.slice(from, from + AT_ONCE),
        ...(request.asOf === undefined ? {} : { asOf: request.asOf.getTime() }),
      },
      signal: request.signal,
    })
    for (const { profile, traits } of rows) {
      const entries = traits.map(([key, value]): readonly [string, Json] => [key, parseJson(value)])
      found.set(profile, Object.freeze(Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)))))
    }
  }
  return found
}
