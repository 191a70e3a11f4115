import type { Identifier } from '@tenon/kernel/contracts'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { storableText } from '../database/storable.ts'
import type { Tables } from '../database/tables.ts'
import { isStorableIdentifier } from './storable-identifier.ts'
import type { BlockedPair, BlockRecord, Unmerges } from './unmerges.ts'

type Row = Selectable<Tables['tenon.unmerge_blocks']>

interface BlockRow {
  readonly left_type: string
  readonly left_value: string
  readonly right_type: string
  readonly right_value: string
}

/** Most workspaces never took anything back: for them it costs one look at an empty index, however many identifiers there are. */
export async function blockedAmong({ db, workspace }: Scope, identifiers: readonly Identifier[]): Promise<readonly BlockedPair[]> {
  const asked = identifiers.filter(isStorableIdentifier)
  if (asked.length < 2) return []
  const { rows: some } = await sql`select 1 from tenon.unmerge_blocks where workspace = ${workspace} and lifted_at is null limit 1`.execute(
    db,
  )
  if (some.length === 0) return []
  const { rows } = await sql<BlockRow>`
    select distinct blocks.left_type, blocks.left_value, blocks.right_type, blocks.right_value
    from unnest(${asked.map(({ type }) => type)}::text[], ${asked.map(({ value }) => value)}::text[]) as asked (type, value)
    cross join lateral (
      select * from tenon.unmerge_blocks where workspace = ${workspace} and left_type = asked.type and left_value = asked.value and lifted_at is null offset 0
    ) as blocks
    order by 1, 2, 3, 4`.execute(db)
  const known = new Set(asked.map(keyOf))
  return rows
    .map(
      (row): BlockedPair => [
        { type: row.left_type, value: row.left_value },
        { type: row.right_type, value: row.right_value },
      ],
    )
    .filter(([, right]) => known.has(keyOf(right)))
}

export async function blocksOf({ db, workspace }: Scope, identifiers: readonly Identifier[]): Promise<readonly BlockRecord[]> {
  if (identifiers.length === 0) return []
  const asked = sql`select * from unnest(${identifiers.map(({ type }) => type)}::text[], ${identifiers.map(({ value }) => value)}::text[])`
  const { rows } = await sql<Row & { since: Date }>`
    select blocks.*, unmerges.recorded_at as since
    from tenon.unmerge_blocks as blocks
    join tenon.unmerges on unmerges.workspace = blocks.workspace and unmerges.id = blocks.unmerge
    where blocks.workspace = ${workspace}
      and ((blocks.left_type, blocks.left_value) in (${asked}) or (blocks.right_type, blocks.right_value) in (${asked}))
    order by blocks.unmerge desc, blocks.place limit 1000`.execute(db)
  return rows.map(recordOf)
}

export async function liftBlock(
  { db, workspace, clock }: Scope,
  { pair, by, reason }: Parameters<Unmerges['liftBlock']>[0],
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update tenon.unmerge_blocks as blocks
    set lifted_at = ${clock.now()}, lifted_by = ${storableText(by)}, lift_reason = ${storableText(reason)}
    where workspace = ${workspace} and lifted_at is null and ${isPair(pair)}`.execute(db)
  return Number(numAffectedRows ?? 0n) > 0
}

/** One statement for each pair: there are hardly ever any. */
export async function heldBack({ db, workspace }: Scope, events: Parameters<Unmerges['heldBack']>[0]): Promise<void> {
  for (const own of Map.groupBy(events, ({ pair }) => pair.map(keyOf).sort().join('\0')).values()) {
    const last = own.at(-1)
    if (last === undefined) continue
    await sql`
      update tenon.unmerge_blocks as blocks
      set held_back = held_back + ${own.length}, held_source = ${storableText(last.source)},
        held_message = ${storableText(last.messageId)}, held_at = ${last.at}
      where workspace = ${workspace} and lifted_at is null and ${isPair(last.pair)}`.execute(db)
  }
}

/** Whichever of the two comes first. */
const isPair = ([one, other]: BlockedPair): RawBuilder<boolean> => sql<boolean>`(
  (blocks.left_type, blocks.left_value, blocks.right_type, blocks.right_value) = (${one.type}, ${one.value}, ${other.type}, ${other.value})
  or (blocks.left_type, blocks.left_value, blocks.right_type, blocks.right_value) = (${other.type}, ${other.value}, ${one.type}, ${one.value})
)`

function recordOf(row: Row & { readonly since: Date }): BlockRecord {
  const { held_source: source, held_message: messageId, held_at: at, lifted_at, lifted_by, lift_reason } = row
  return Object.freeze({
    pair: [
      { type: row.left_type, value: row.left_value },
      { type: row.right_type, value: row.right_value },
    ] as const,
    unmerge: row.unmerge,
    since: row.since,
    heldBack: row.held_back,
    ...(source === null || messageId === null || at === null ? {} : { last: { source, messageId, at } }),
    ...(lifted_at === null ? {} : { lifted: { at: lifted_at, by: lifted_by ?? '', reason: lift_reason ?? '' } }),
  })
}

const keyOf = ({ type, value }: Identifier): string => `${type}\0${value}`
