import type { Engine } from '../engine/engine.ts'
import { AnalyticsRowInvalid } from '../errors.ts'

/** A table as its writer sees it: the columns, and the line of a row without its end. */
export interface RowFormat<Row> {
  readonly table: string
  readonly columns: readonly string[]
  line(row: Row): string
  /** Cells that not every value of their type fits into. */
  naturals(row: Row): Readonly<Record<string, number>>
  dates(row: Row): Readonly<Record<string, Date>>
}

/** What one token covers, so that it stays one block of the engine. */
const ROWS_PER_INSERT = 200_000
const PIECE_CHARACTERS = 256 * 1024

/**
 * Writes the rows once for the token, whatever happens in between: call it again with the same rows until it resolves.
 * More rows than one insert takes go in pieces with tokens of their own.
 */
export async function insertRows<Row>(
  engine: Engine,
  format: RowFormat<Row>,
  rows: readonly Row[],
  options: { readonly token: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  for (const row of rows) checkRow(format, row)
  for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
    const piece = rows.length <= ROWS_PER_INSERT ? rows : rows.slice(from, from + ROWS_PER_INSERT)
    await engine.insert({
      table: format.table,
      columns: format.columns,
      body: () => encode(format, piece),
      token: rows.length <= ROWS_PER_INSERT ? options.token : `${options.token}/${from}`,
      signal: options.signal,
    })
  }
}

function checkRow<Row>({ table, naturals, dates }: RowFormat<Row>, row: Row): void {
  const whole = naturals(row)
  for (const column in whole) {
    const value = whole[column]
    if (!Number.isSafeInteger(value) || (value ?? -1) < 0) throw AnalyticsRowInvalid.create({ table, column, value: String(value) })
  }
  const instants = dates(row)
  for (const column in instants) {
    const value = instants[column]
    if (Number.isNaN(value?.getTime())) throw AnalyticsRowInvalid.create({ table, column, value: String(value) })
  }
}

/** Gives the event loop back between its pieces: whoever waits for an answer does not wait for a large insert. */
async function* encode<Row>(format: RowFormat<Row>, rows: readonly Row[]): AsyncGenerator<Uint8Array> {
  let lines = ''
  for (const row of rows) {
    lines += `${format.line(row)}\n`
    if (lines.length < PIECE_CHARACTERS) continue
    yield Buffer.from(lines)
    lines = ''
    await new Promise((resolve) => void setImmediate(resolve))
  }
  if (lines !== '') yield Buffer.from(lines)
}
