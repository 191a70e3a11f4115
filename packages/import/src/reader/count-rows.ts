import { tableQuery } from '../source/remote-sql.ts'
import type { Reader } from './open-reader.ts'
import type { OpenPiece } from './pieces.ts'

const LONGEST_SECONDS = 20

/**
 * About how many rows a source has, for a bar of progress: of tables, of Parquet and of local files. Undefined where that would mean to read it
 * all over a wire, or takes long, or fails: the import itself says what is wrong then.
 */
export async function countRows(reader: Reader, pieces: readonly OpenPiece[], signal: AbortSignal): Promise<number | undefined> {
  let total = 0
  for (const piece of pieces) {
    const rows = await countPiece(reader, piece, signal).catch(() => undefined)
    signal.throwIfAborted()
    if (rows === undefined) return undefined
    total += rows
  }
  return total
}

async function countPiece(reader: Reader, piece: OpenPiece, signal: AbortSignal): Promise<number | undefined> {
  if (piece.bytes === 0) return 0
  const settings = {
    max_execution_time: LONGEST_SECONDS,
    input_format_csv_allow_variable_number_of_columns: 1,
    input_format_allow_errors_ratio: 1,
  }
  const counted = countQuery(piece)
  if (counted === undefined) return undefined
  for await (const [[count] = []] of reader.rows({ ...counted, settings, signal })) {
    const withoutHeader = piece.kind === 'file' && piece.form.format === 'csv' && piece.form.header ? 1 : 0
    return Math.max(0, Number(count) - withoutHeader)
  }
  return undefined
}

function countQuery(piece: OpenPiece): Pick<Parameters<Reader['rows']>[0], 'sql' | 'params'> | undefined {
  if (piece.kind === 'table') {
    const { kind, host, port, database, user, password } = piece.connection
    const { table, schema, key } = piece.source
    const query = `select count(*) as n from (${tableQuery(kind, { table, schema, key, order: false })}) as t`
    const sql = `SELECT n FROM ${kind === 'postgres' ? 'postgresql' : 'mysql'}({address:String}, {database:String}, query({query:String}), {user:String}, {password:String})`
    return { sql, params: { address: `${host}:${port}`, database, user, password, query } }
  }
  const { format } = piece.form
  const isLocal = 'path' in piece.params
  if (format === 'parquet')
    return { sql: `SELECT count() FROM ${piece.table}`, params: { ...piece.params, format: 'Parquet', structure: 'auto' } }
  if (!isLocal) return undefined
  const engineFormat = format === 'csv' ? 'CSV' : format === 'ndjson' ? 'LineAsString' : 'JSONAsString'
  return { sql: `SELECT count() FROM ${piece.table}`, params: { ...piece.params, format: engineFormat, structure: 'line String' } }
}
