import type { Identifier } from '@tenon/kernel/contracts'
import { type Selectable, sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { storableJson } from '../database/storable.ts'
import type { Tables } from '../database/tables.ts'
import { unmergeEntryOf } from './unmerge-records.ts'
import type { BlockedPair, Separation, UnmergeEntry } from './unmerges.ts'

/** Cuts the edge: profiles and identifiers of the restored side are its own again. Within a transaction under the lock of identities. */
export async function separate(
  scope: Scope,
  request: { readonly separation: Separation; readonly also: readonly Identifier[]; readonly blocked: readonly BlockedPair[] },
): Promise<UnmergeEntry> {
  const { db, workspace, clock } = scope
  const { merge, restored, members, remaining, identifiers } = request.separation
  const also = identifiers.remaining.filter((held) => request.also.some(({ type, value }) => type === held.type && value === held.value))
  const moved = [...identifiers.restored, ...also]

  await sql`
    update tenon.profiles set merged_into = nullif(${restored}::bigint, profiles.id)
    where workspace = ${workspace} and id = any(${[restored, ...members]}::bigint[])`.execute(db)
  await sql`
    update tenon.identifiers set profile = ${restored}, home = case when given.late then ${restored}::bigint else identifiers.home end
    from unnest(
      ${moved.map(({ type }) => type)}::text[], ${moved.map(({ value }) => value)}::text[],
      ${moved.map((held) => also.includes(held))}::boolean[]
    ) as given (type, value, late)
    where workspace = ${workspace} and identifiers.profile = ${remaining}
      and identifiers.type = given.type and identifiers.value = given.value`.execute(db)

  const { rows } = await sql<Selectable<Tables['tenon.unmerges']>>`
    insert into tenon.unmerges (workspace, merge, restored, remaining, members, identifiers, last_batch, recorded_at)
    select ${workspace}, ${merge.id}::bigint, ${restored}::bigint, ${remaining}::bigint, ${[...members]}::bigint[],
      ${storableJson(moved)}::jsonb, batches.last_value, ${clock.now()}::timestamptz
    from tenon.ingest_batches as batches
    returning *`.execute(db)
  const [row] = rows
  if (row === undefined) throw new RangeError('an insert returned nothing')
  const entry = unmergeEntryOf(row)
  await sql`update tenon.merges set undone_by = ${entry.id} where workspace = ${workspace} and id = ${merge.id}`.execute(db)
  await sql`update tenon.match_proposals set state = 'unmerged' where workspace = ${workspace} and merge = ${merge.id}`.execute(db)
  await writeBlocks(scope, entry.id, request.blocked)
  return entry
}

async function writeBlocks({ db, workspace }: Scope, unmerge: number, blocked: readonly BlockedPair[]): Promise<void> {
  if (blocked.length === 0) return
  await db
    .insertInto('tenon.unmerge_blocks')
    .values(
      blocked.map(([left, right], place) => ({
        workspace,
        unmerge,
        place,
        left_type: left.type,
        left_value: left.value,
        right_type: right.type,
        right_value: right.value,
      })),
    )
    .execute()
}
