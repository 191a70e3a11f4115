import type { ProfileId } from '@tenon/kernel/contracts'
import { sql } from 'kysely'
import type { Session } from '../database/session.ts'
import type { PendingOverride } from './ingest-store.ts'

interface Row {
  readonly id: number
  readonly workspace: string
  readonly version: number
  readonly old: ProfileId
  readonly into: ProfileId
}

/**
 * One statement, so that who is who and the version are of one moment: entries of a workspace get their numbers and are
 * committed in the same order, under the lock of its identities.
 */
export async function listPendingOverrides({ db }: Session, limit: number): Promise<readonly PendingOverride[]> {
  const { rows } = await sql<Row>`
    with pending as (
      select * from (
        (select id, workspace, array_prepend(loser, members) as profiles from tenon.merges where not override_written order by id limit ${limit})
        union all
        (select id, workspace, array_prepend(restored, members) from tenon.unmerges where not override_written order by id limit ${limit})
      ) as entries
      order by id limit ${limit}
    )
    select pending.id, pending.workspace, last.version, profiles.id as old, coalesce(profiles.merged_into, profiles.id) as into
    from pending
    cross join lateral (
      select greatest(
        (select max(id) from tenon.merges where workspace = pending.workspace),
        (select max(id) from tenon.unmerges where workspace = pending.workspace)
      ) as version
    ) as last
    cross join lateral unnest(pending.profiles) as concerned (id)
    join tenon.profiles on profiles.workspace = pending.workspace and profiles.id = concerned.id
    order by pending.id, profiles.id`.execute(db)
  return [...Map.groupBy(rows, ({ id }) => id)].map(([entry, own]) =>
    Object.freeze({
      entry,
      workspace: own[0]?.workspace ?? '',
      version: own[0]?.version ?? entry,
      overrides: own.map(({ old, into }) => Object.freeze({ old, into })),
    }),
  )
}

export async function markOverridesWritten({ db }: Session, entries: readonly number[]): Promise<void> {
  if (entries.length === 0) return
  for (const table of ['merges', 'unmerges'] as const) {
    await sql`
      update ${sql.table(`tenon.${table}`)} set override_written = true
      where id = any(${[...entries]}::bigint[]) and not override_written`.execute(db)
  }
}
