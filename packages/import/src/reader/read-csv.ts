import type { Json } from '@tenon/kernel/contracts'
import { ImportUnreadable } from '../errors.ts'
import type { ReadRow } from '../mapping/row.ts'
import { decoded, unpackLimit } from './file-settings.ts'
import type { Reader, ReaderQuery } from './open-reader.ts'
import type { FilePiece } from './pieces.ts'
import { bounded, cellProblem, type PieceReading, type ReadStep, rawOf } from './read-piece.ts'
import { unreadable } from './unreadable.ts'

const MAX_COLUMNS = 10_000

const MAX_NAME = 1_000

/** Nothing that anybody writes: the cell `\N` is text like any other. */
const NO_NULL = '\u0001\u0002null'

/**
 * Every cell is text, as it stands in the file. The columns are those of the header, and one more that catches what stands behind them:
 * a row with too few or too many cells fails, and so does one that the engine can not parse; neither holds up those behind it.
 */
export async function* readCsv(reader: Reader, reading: PieceReading & { readonly piece: FilePiece }): AsyncGenerator<ReadStep> {
  const { piece, from, limit, maxFaults, signal } = reading
  const { header, encoding } = piece.form
  const faults = reader.scratch()
  const settings = {
    ...csvSettings(piece),
    input_format_allow_errors_num: String(maxFaults),
  }
  try {
    const width = await countColumns(reader, piece, signal)
    const structure = [...Array.from({ length: width }, (_, index) => `c${index + 1} Nullable(String)`), 'more Nullable(String)'].join(', ')
    const columns = [...Array.from({ length: width }, (_, index) => `c${index + 1}`), 'more'].map((column) =>
      bounded(decoded(column, encoding)),
    )
    const query = (skip: number, most: number | undefined, more = {}): ReaderQuery => ({
      sql: `SELECT ${columns.join(', ')} FROM ${piece.table} ${most === undefined ? '' : `LIMIT ${most}`} OFFSET ${skip}`,
      params: { ...piece.params, format: 'CSV', structure },
      settings: { ...settings, ...more },
      maxBytes: unpackLimit(piece),
      signal,
    })
    const names = header ? await readHeader(reader, query(0, 1), piece.name) : Array.from({ length: width }, (_, index) => `c${index + 1}`)
    for await (const rows of reader.rows(query(from.rows + (header ? 1 : 0), limit, { input_format_record_errors_file_path: faults })))
      yield { rows: rows.map((cells) => ({ read: rowOf(cells, names, encoding) })) }
    const left = await readFaults(reader, faults, signal)
    if (left.length > 0) yield { rows: left.map((read) => ({ read })), outOfOrder: true }
  } catch (error) {
    signal?.throwIfAborted()
    throw unreadable(piece.name, error, piece.secrets)
  }
}

const csvSettings = ({ form }: FilePiece) => ({
  format_csv_delimiter: form.delimiter,
  input_format_csv_allow_whitespace_or_tab_as_delimiter: /\s/.test(form.delimiter) ? 1 : 0,
  format_csv_null_representation: NO_NULL,
  input_format_csv_allow_variable_number_of_columns: 1,
  input_format_csv_empty_as_default: 0,
  input_format_csv_trim_whitespaces: 0,
  input_format_csv_detect_header: 0,
})

/** Of the first row. */
async function countColumns(reader: Reader, piece: FilePiece, signal: AbortSignal | undefined): Promise<number> {
  let width = 0
  const described = reader.rows({
    sql: `DESCRIBE TABLE ${piece.table}`,
    params: { ...piece.params, format: 'CSV', structure: 'auto' },
    settings: {
      ...csvSettings(piece),
      input_format_max_rows_to_read_for_schema_inference: 1,
      schema_inference_use_cache_for_file: 0,
      schema_inference_use_cache_for_s3: 0,
      schema_inference_use_cache_for_url: 0,
    },
    signal,
  })
  for await (const rows of described) width += rows.length
  if (width > MAX_COLUMNS)
    throw ImportUnreadable.create({ source: piece.name, reason: `it has ${width} columns, and ${MAX_COLUMNS} are allowed` })
  return width
}

async function readHeader(reader: Reader, query: ReaderQuery, source: string): Promise<readonly string[]> {
  for await (const [cells = []] of reader.rows(query)) {
    if (cells.some((cell) => typeof cell === 'string' && cell.includes('\0')))
      throw ImportUnreadable.create({ source, reason: 'its text looks like UTF-16; convert it to UTF-8' })
    if (cells.some((cell) => typeof cell === 'string' && cell.length > MAX_NAME))
      throw ImportUnreadable.create({
        source,
        reason: `the name of a column has more than ${MAX_NAME} characters: the first line is no header`,
      })
    return uniqueNames(cells.slice(0, -1).map((cell) => String(cell ?? '')))
  }
  return []
}

/** A byte order mark is no part of a name; of columns with one name the second gets a number. */
export function uniqueNames(given: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return given.map((raw, index) => {
    const name =
      raw
        .replace(/^\ufeff/, '')
        .replace(/^"(.*)"$/s, '$1')
        .trim() || `c${index + 1}`
    let unique = name
    for (let number = 2; taken.has(unique); number++) unique = `${name}_${number}`
    taken.add(unique)
    return unique
  })
}

function rowOf(cells: readonly Json[], names: readonly string[], encoding: string | undefined): ReadRow {
  const problem = cellProblem(cells, encoding ?? 'UTF-8')
  if (problem !== undefined) return problem
  if (cells.at(-1) !== null) return ragged(cells, `has more than ${names.length} cells`)
  const missing = cells.indexOf(null)
  if (missing !== -1 && missing < names.length)
    return missing === 0
      ? { ok: false, code: 'BLANK_ROW', reason: 'the line is empty', raw: '' }
      : ragged(cells, `has ${missing} of ${names.length} cells`)
  return { ok: true, row: Object.fromEntries(names.map((name, index) => [name, cells[index] ?? null])) }
}

const ragged = (cells: readonly Json[], reason: string): ReadRow => ({
  ok: false,
  code: 'RAGGED_ROW',
  reason: `the row ${reason}`,
  raw: rawOf(cells),
})

/** What the engine could not parse and wrote down meanwhile. */
async function readFaults(reader: Reader, path: string, signal: AbortSignal | undefined): Promise<readonly ReadRow[]> {
  const found: ReadRow[] = []
  try {
    const rows = reader.rows({
      sql: `SELECT ${bounded('reason')}, ${bounded('raw')} FROM file({path:String}, 'CSV', 'at String, database String, source String, place UInt64, reason String, raw String') ORDER BY place`,
      params: { path },
      signal,
    })
    for await (const page of rows)
      for (const [reason, raw] of page)
        found.push({ ok: false, code: 'UNPARSABLE_ROW', reason: shortReason(String(reason)), raw: String(raw) })
  } catch (error) {
    signal?.throwIfAborted()
    // The engine writes the file with the first fault.
    if (!(error instanceof Error && /doesn't exist|CANNOT_STAT/i.test(error.message))) throw error
  }
  return found
}

/** Of the engine's account, which shows every column, what is wrong. */
const shortReason = (reason: string): string =>
  (/ERROR: ([^\n]+)/.exec(reason)?.[1] ?? reason).replaceAll('<DOUBLE QUOTE>', '"').slice(0, 300)
