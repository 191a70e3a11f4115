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

/** The engine refuses to drop what is large (50 GB) unless it is told that it is meant. In the statement: it goes with it to every node. */
const meant = (limit: 'table' | 'partition'): string => `SETTINGS max_${limit}_size_to_drop = 0`

/** However large the table is. */
export const dropTable = (table: string, where = ''): string => `DROP TABLE IF EXISTS ${table}${where} SYNC ${meant('table')}`

/**
 * Keeps what a table holds now under another name: the parts are linked, not copied, and whatever is merged, rewritten or removed from
 * then on makes new parts of the table and leaves these alone. Takes no room until then, and no time that depends on how much there is.
 */
export async function freezeTable(engine: Engine, table: string, partitions: readonly string[]): Promise<string> {
  const frozen = frozenName(table)
  const operation = `freeze ${table}`
  await engine.command({ operation, sql: dropTable(frozen) })
  await engine.command({ operation, sql: `CREATE TABLE IF NOT EXISTS ${frozen} AS ${table}` })
  await engine.command({ operation, sql: `ALTER TABLE ${frozen} MODIFY SETTING ${AS_IT_IS}` })
  // Replaces what an attempt has attached of which nobody heard the end: to attach twice would keep rows twice.
  for (const id of partitions) {
    const sql = `ALTER TABLE ${frozen} REPLACE PARTITION ID '${id}' FROM ${table} ${meant('partition')}`
    await engine.command({ operation, sql })
  }
  return frozen
}

/** Lets go what is kept, also what a process left behind that died over it. One that can not be let go keeps none of the others; throws then. */
export async function thawTables(engine: Engine, tables: readonly string[]): Promise<void> {
  const faults: unknown[] = []
  for (const table of tables) {
    const thawed = engine.command({ operation: `thaw ${table}`, sql: dropTable(frozenName(table)) })
    await thawed.catch((error: unknown) => faults.push(error))
  }
  if (faults.length > 0) throw faults[0]
}
