import type { Engine, ParamValue } from '../engine/engine.ts'
import { localName, onCluster, type Table, type Topology } from '../schema/table.ts'

/**
 * Changes or removes rows where they lie, and comes back when every copy has done so. The engine swaps one part after the other: a
 * reader sees each row before or after, never both and never neither. May be repeated.
 */
export async function mutate(
  engine: Engine,
  topology: Topology,
  request: {
    readonly operation: string
    readonly table: Pick<Table, 'name' | 'placement'>
    /** What follows the name of the table, from UPDATE or DELETE on. */
    readonly change: string
    readonly params: Readonly<Record<string, ParamValue>>
  },
): Promise<void> {
  const { operation, table, change, params } = request
  const sql = `ALTER TABLE ${localName(table, topology)}${onCluster(topology)} ${change}\nSETTINGS mutations_sync = 2`
  await engine.command({ operation, sql, params })
}
