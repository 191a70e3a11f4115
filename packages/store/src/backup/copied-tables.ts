import type pg from 'pg'
import type { CopiedTable, TableDigest } from './backups.ts'

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const tableName = ({ schema, name }: Pick<CopiedTable, 'schema' | 'name'>): string => `${identifier(schema)}.${identifier(name)}`

export const columnList = ({ columns }: Pick<CopiedTable, 'columns'>): string => columns.map(identifier).join(', ')

/** Belong to the database and not to what it holds: who runs a job just now, and what was done to the schema. */
const NOT_COPIED = ['tenon.leases', 'tenon.migrations']

/**
 * Tenon's own tables and those of plugins; a table before those that refer to it, and otherwise by name. Columns that Postgres computes
 * are left out.
 */
export async function copiedTables(client: pg.ClientBase): Promise<readonly CopiedTable[]> {
  const { rows } = await client.query<CopiedTable & { oid: number; refers: number[] }>(
    `select space.nspname as schema, class.relname as name, class.oid::int8 as oid,
       array(select attname::text from pg_attribute where attrelid = class.oid and attnum > 0 and not attisdropped and attgenerated = ''
         order by attnum) as columns,
       array(select confrelid::int8 from pg_constraint where conrelid = class.oid and contype = 'f' and confrelid <> class.oid) as refers
     from pg_class class join pg_namespace space on space.oid = class.relnamespace
     where class.relkind = 'r' and (space.nspname = 'tenon' or space.nspname like 'plugin:%')
       and space.nspname || '.' || class.relname <> all ($1)
     order by (space.nspname <> 'tenon'), space.nspname, class.relname`,
    [NOT_COPIED],
  )
  const sorted: CopiedTable[] = []
  const done = new Set<number>()
  const place = (table: (typeof rows)[number]): void => {
    if (done.has(table.oid)) return
    done.add(table.oid)
    for (const referred of rows) if (table.refers.includes(referred.oid)) place(referred)
    const { schema, name, columns } = table
    sorted.push(Object.freeze({ schema, name, columns }))
  }
  for (const table of rows) place(table)
  return sorted
}

/** A sum over hashes of rows: the order of the rows does not matter, their number does. */
export async function digestTable(client: pg.ClientBase, table: CopiedTable): Promise<TableDigest> {
  const { rows } = await client.query<TableDigest>(
    `select count(*) as rows, coalesce(sum(hashtextextended(row(${columnList(table)})::text, 0)), 0)::text as digest
     from ${tableName(table)}`,
  )
  const [row] = rows
  if (row === undefined) throw new RangeError('an aggregate returned nothing')
  return Object.freeze(row)
}
