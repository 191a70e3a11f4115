import type { Json } from '@tenon/kernel/contracts'
import type { ReadRow } from '../mapping/row.ts'
import type { Reader } from './open-reader.ts'
import type { OpenPiece } from './pieces.ts'
import { readCsv } from './read-csv.ts'
import { readLines } from './read-lines.ts'
import { readTyped } from './read-typed.ts'

/** Where reading goes on within a piece. */
export interface Place {
  /** Rows that were read before. */
  readonly rows: number
  /** Of a table: the key of the last of them. */
  readonly after?: string
}

export interface PieceReading {
  readonly piece: OpenPiece
  readonly from: Place
  /** Reads so many rows at the most. */
  readonly limit?: number
  /** Rows that the engine may leave out because they can not be parsed. */
  readonly maxFaults: number
  readonly signal?: AbortSignal | undefined
}

/** Rows as they come, each a step further; at the end of a piece those that could not be parsed, whenever they came. */
export interface ReadStep {
  readonly rows: readonly { readonly read: ReadRow; readonly key?: string }[]
  /** Out of order: reading the piece again from any place brings them again. */
  readonly outOfOrder?: true
}

/** Reads a piece of a source from a place on. */
export function readPiece(reader: Reader, reading: PieceReading): AsyncIterable<ReadStep> {
  const { piece } = reading
  if (piece.kind === 'table') return readTyped(reader, { ...reading, piece })
  const { format } = piece.form
  if (piece.bytes === 0) return nothing()
  if (format === 'csv') return readCsv(reader, { ...reading, piece })
  if (format === 'parquet') return readTyped(reader, { ...reading, piece })
  return readLines(reader, { ...reading, piece })
}

async function* nothing(): AsyncGenerator<ReadStep> {}

/** The most that one cell may hold; what is longer makes its row fail. */
export const CELL_BYTES = 256 * 1024

/** An expression of the cell, cut just beyond its limit, so that no cell fills the memory. */
export const bounded = (column: string): string => `left(${column}, ${CELL_BYTES + 1})`

/** What is wrong with cells, whatever their format. */
export function cellProblem(cells: readonly Json[], encoding: string): Extract<ReadRow, { readonly ok: false }> | undefined {
  for (const cell of cells) {
    if (typeof cell !== 'string') continue
    if (cell.length > CELL_BYTES / 4 && Buffer.byteLength(cell) > CELL_BYTES)
      return { ok: false, code: 'CELL_TOO_LARGE', reason: `a cell may have ${CELL_BYTES} bytes`, raw: rawOf(cells) }
    if (cell.includes('\ufffd'))
      return { ok: false, code: 'WRONG_ENCODING', reason: `a cell is not ${encoding}; name the encoding of the source`, raw: rawOf(cells) }
  }
  return undefined
}

/** The cells as far as a failed event should show them. */
export const rawOf = (cells: readonly Json[]): string =>
  JSON.stringify(cells.map((cell) => (typeof cell === 'string' && cell.length > 1_000 ? `${cell.slice(0, 1_000)}…` : cell)))
