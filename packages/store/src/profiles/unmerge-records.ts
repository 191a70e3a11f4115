import type { ProfileId } from '@tenon/kernel/contracts'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import type { Tables } from '../database/tables.ts'
import { familyOf } from './family.ts'
import { entryOf } from './merge.ts'
import type { MergeRecord, UnmergeEntry } from './unmerges.ts'

export type MergeRecordRow = Selectable<Tables['tenon.merges']> & { readonly undone_at: Date | null }

export const mergeRecords = (workspace: string, condition: RawBuilder<unknown>): RawBuilder<MergeRecordRow> => sql<MergeRecordRow>`
  select merges.*, unmerges.recorded_at as undone_at
  from tenon.merges
  left join tenon.unmerges on unmerges.workspace = merges.workspace and unmerges.id = merges.undone_by
  where merges.workspace = ${workspace} and ${condition}
  order by merges.id desc`

/** What the person is made of, and what it is not made of any more. */
export async function historyOf({ db, workspace }: Scope, profile: ProfileId): Promise<readonly MergeRecord[]> {
  const family = sql`(select member from ${familyOf(workspace, [profile])} as family)`
  const condition = sql`(merges.loser in ${family} or merges.winner in ${family})`
  const { rows } = await mergeRecords(workspace, condition).execute(db)
  return rows.map(mergeRecordOf)
}

export const mergeRecordOf = (row: MergeRecordRow): MergeRecord =>
  Object.freeze({
    ...entryOf(row),
    squashed: row.squash > 0,
    ...(row.undone_by !== null && { undone: { id: row.undone_by, at: row.undone_at ?? row.recorded_at } }),
  })

export const unmergeEntryOf = (row: Selectable<Tables['tenon.unmerges']>): UnmergeEntry =>
  Object.freeze({
    id: row.id,
    merge: row.merge,
    restored: row.restored,
    remaining: row.remaining,
    members: row.members,
    identifiers: row.identifiers.map(({ type, value, since }) => ({ type, value, since: new Date(since) })),
    recordedAt: row.recorded_at,
  })
