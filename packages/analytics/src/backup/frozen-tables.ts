import type { Engine } from '../engine/engine.ts'

const PREFIX = 'frozen_'

/** Where what a table held is kept for a copy. */
export const frozenName = (table: string): string => `${PREFIX}${table}`

export const isFrozen = (table: string): boolean => table.startsWith(PREFIX)

/**
 * Nothing is merged there, so that no rule of an operator about the age of rows is carried out; to be allowed to change the settings of
 * one's own table is enough.
 */
const AS_IT_IS = 'max_bytes_to_merge_at_max_space_in_pool = 1, max_number_of_merges_with_ttl_in_pool = 0'

/**
 * Keeps what a table holds now under another name: the parts are linked, not copied, and whatever is merged, rewritten or removed from
 * then on makes new parts of the table and leaves these alone. Takes no room until then, and no time that depends on how much there is.
 */
export async function freezeTable(engine: Engine, table: string, partitions: readonly string[]): Promise<string> {
  const frozen = frozenName(table)
  const operation = `freeze ${table}`
  await engine.command({ operation, sql: `DROP TABLE IF EXISTS ${frozen} SYNC` })
  await engine.command({ operation, sql: `CREATE TABLE IF NOT EXISTS ${frozen} AS ${table}` })
  await engine.command({ operation, sql: `ALTER TABLE ${frozen} MODIFY SETTING ${AS_IT_IS}` })
  // Replaces what an attempt has attached of which nobody heard the end: to attach twice would keep rows twice.
  for (const id of partitions) await engine.command({ operation, sql: `ALTER TABLE ${frozen} REPLACE PARTITION ID '${id}' FROM ${table}` })
  return frozen
}

/** Lets go what is kept, also what a process left behind that died over it. */
export async function thawTables(engine: Engine, tables: readonly string[]): Promise<void> {
  for (const table of tables) await engine.command({ operation: `thaw ${table}`, sql: `DROP TABLE IF EXISTS ${frozenName(table)} SYNC` })
}
