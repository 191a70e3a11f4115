import type { Json } from '@tenon/kernel/contracts'
import { ImportKeyInvalid } from '../errors.ts'
import type { ReadRow } from '../mapping/row.ts'
import { tableQuery } from '../source/remote-sql.ts'
import type { Reader, ReaderQuery } from './open-reader.ts'
import type { OpenPiece, TablePiece } from './pieces.ts'
import { bounded, cellProblem, type PieceReading, type ReadStep } from './read-piece.ts'
import { unreadable } from './unreadable.ts'

interface Column {
  readonly name: string
  readonly type: string
}

/** Rows whose columns have types: Parquet and tables. Tables come in the order of their key, which the server that has them sorts by. */
export async function* readTyped(reader: Reader, reading: PieceReading): AsyncGenerator<ReadStep> {
  const { piece, from, limit, signal } = reading
  try {
    const columns = await describe(reader, fromClause(piece, {}), signal)
    const key = piece.kind === 'table' ? keyOf(piece, columns) : undefined
    const list = columns.map(({ name, type }, index) => `${isText(type) ? bounded(quoted(name)) : quoted(name)} AS v${index}`)
    const source = fromClause(piece, { after: from.after, numeric: key?.numeric ?? false, limit })
    const skip = piece.kind === 'table' ? '' : `${limit === undefined ? '' : `LIMIT ${limit} `}OFFSET ${from.rows}`
    const isNew = exceptOnce(from.after)
    for await (const page of reader.rows({ sql: `SELECT ${list.join(', ')} FROM ${source.sql} ${skip}`, params: source.params, signal })) {
      const rows = page.map((cells) => {
        const read = rowOf(cells, columns)
        return key === undefined ? { read } : { read, key: keyValue(cells[key.index], key.name) }
      })
      yield { rows: rows.filter(isNew) }
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw unreadable(piece.name, error, piece.secrets)
  }
}

/** Lets a row pass unless it is the one with which reading stopped. Another one of its key passes: whoever reads must see that there are two. */
function exceptOnce(last: string | undefined): (row: { readonly key?: string }) => boolean {
  let isPast = last === undefined
  return ({ key }) => {
    if (isPast || key !== last) return true
    isPast = true
    return false
  }
}

interface FromClause {
  readonly sql: string
  readonly params: NonNullable<ReaderQuery['params']>
}

function fromClause(
  piece: OpenPiece,
  place: { readonly after?: string | undefined; readonly numeric?: boolean; readonly limit?: number | undefined },
): FromClause {
  if (piece.kind === 'file') return { sql: piece.table, params: { ...piece.params, format: 'Parquet', structure: 'auto' } }
  const { kind, host, port, database, user, password } = piece.connection
  const { table, schema, key } = piece.source
  const from = place.after === undefined ? undefined : { value: place.after, numeric: place.numeric ?? false }
  return {
    sql: `${kind === 'postgres' ? 'postgresql' : 'mysql'}({address:String}, {database:String}, query({query:String}), {user:String}, {password:String})`,
    params: {
      address: `${host}:${port}`,
      database,
      user,
      password,
      query: tableQuery(kind, { table, schema, key, from, limit: place.limit }),
    },
  }
}

async function describe(reader: Reader, { sql, params }: FromClause, signal: AbortSignal | undefined): Promise<readonly Column[]> {
  const columns: Column[] = []
  for await (const page of reader.rows({ sql: `DESCRIBE TABLE ${sql}`, params, signal }))
    for (const [name, type] of page) columns.push({ name: String(name), type: String(type) })
  return columns
}

/** What tells rows apart must be the same text whoever prints it. */
function keyOf(
  { source }: TablePiece,
  columns: readonly Column[],
): { readonly index: number; readonly numeric: boolean; readonly name: string } {
  const index = columns.findIndex(({ name }) => name === source.key)
  const type = columns[index]?.type.replace(/^Nullable\((.*)\)$/, '$1')
  if (type === undefined) throw ImportKeyInvalid.create({ column: source.key, problem: 'the table has no such column' })
  const numeric = /^U?Int\d+$/.test(type)
  if (!numeric && type !== 'String' && type !== 'UUID')
    throw ImportKeyInvalid.create({ column: source.key, problem: `is of the type ${type}` })
  return { index, numeric, name: source.key }
}

function keyValue(cell: Json | undefined, column: string): string {
  if (cell === null || cell === undefined) throw ImportKeyInvalid.create({ column, problem: 'is empty in a row' })
  const key = String(cell)
  // It was bytes that are no text, here or wherever it came from: nobody could go on behind what they were.
  if (key.includes('\ufffd'))
    throw ImportKeyInvalid.create({ column, problem: 'is not UTF-8, or holds the character that stands for what is not, in a row' })
  return key
}

const quoted = (name: string): string => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``

const isText = (type: string): boolean => /^(?:LowCardinality\()?(?:Nullable\()?(?:String|FixedString\(\d+\))\)*$/.test(type)

const rowOf = (cells: readonly Json[], columns: readonly Column[]): ReadRow =>
  cellProblem(cells, 'UTF-8') ?? { ok: true, row: Object.fromEntries(columns.map(({ name }, index) => [name, cells[index] ?? null])) }
