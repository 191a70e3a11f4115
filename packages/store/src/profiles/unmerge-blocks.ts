import type { Identifier } from '@tenon/kernel/contracts'
import { sql } from 'kysely'
import type { Scope } from '../database/session.ts'
import { isStorableIdentifier } from './storable-identifier.ts'
import type { BlockedPair } from './unmerges.ts'

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
  const { rows: some } = await sql`select 1 from tenon.unmerge_blocks where workspace = ${workspace} limit 1`.execute(db)
  if (some.length === 0) return []
  const { rows } = await sql<BlockRow>`
    select distinct blocks.left_type, blocks.left_value, blocks.right_type, blocks.right_value
    from unnest(${asked.map(({ type }) => type)}::text[], ${asked.map(({ value }) => value)}::text[]) as asked (type, value)
    cross join lateral (
      select * from tenon.unmerge_blocks where workspace = ${workspace} and left_type = asked.type and left_value = asked.value offset 0
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

const keyOf = ({ type, value }: Identifier): string => `${type}\0${value}`
