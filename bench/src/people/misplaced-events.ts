import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { ProfileId } from '@tenon/kernel/contracts'
import { keyOf } from './judge-joins.ts'
import type { KnownPerson } from './known-people.ts'

/**
 * Events that queries show with somebody who did not send them: the engine is asked whose each event is by now, and the number of
 * the message says whose it was. People who share a device are left out.
 */
export async function misplacedEvents(request: {
  readonly clickhouseUrl: string
  readonly workspace: string
  readonly people: readonly KnownPerson[]
  readonly holders: ReadonlyMap<string, ProfileId>
}): Promise<number> {
  const { clickhouseUrl, workspace, people, holders } = request
  const ownProfiles = new Map<number, Set<ProfileId>>()
  for (const { index, identifiers, shares } of people) {
    if (shares) continue
    const own = ownProfiles.get(index) ?? new Set()
    for (const identifier of identifiers) own.add(holders.get(keyOf(identifier)) ?? -1)
    ownProfiles.set(index, own)
  }
  const client = createClient({ url: clickhouseUrl, request_timeout: 300_000, log: { level: ClickHouseLogLevel.OFF } })
  try {
    const answer = await client.query({
      query: `
        SELECT toUInt32(splitByChar('-', row.message_id)[3]) - 1 AS index, if(moved.old = 0, row.person, moved.into) AS owner, count() AS events
        FROM events AS row
        LEFT JOIN (
          SELECT old_profile AS old, argMax(profile, version) AS into FROM profile_overrides WHERE workspace = {workspace:String} GROUP BY old
        ) AS moved ON moved.old = row.person
        WHERE row.workspace = {workspace:String}
        GROUP BY index, owner`,
      query_params: { workspace },
      format: 'JSONEachRow',
    })
    const rows = await answer.json<{ index: number; owner: string; events: string }>()
    return rows.reduce((sum, { index, owner, events }) => {
      const own = ownProfiles.get(index)
      return own === undefined || own.has(Number(owner)) ? sum : sum + Number(events)
    }, 0)
  } finally {
    await client.close()
  }
}
