import { type Json, parseJson } from '@tenon/kernel/contracts'
import type { ReadRow, Row } from '../mapping/row.ts'
import { decoded, unpackLimit } from './file-settings.ts'
import { exactNumbers, type Reader } from './open-reader.ts'
import type { FilePiece } from './pieces.ts'
import { bounded, cellProblem, type PieceReading, type ReadStep } from './read-piece.ts'
import { unreadable } from './unreadable.ts'

const MAX_DEPTH = 64

/** JSON objects: one in each line, or all in one array. Of lines, one that is no object fails and holds nobody up. */
export async function* readLines(reader: Reader, reading: PieceReading & { readonly piece: FilePiece }): AsyncGenerator<ReadStep> {
  const { piece, from, limit, signal } = reading
  const { format, encoding } = piece.form
  const rows = reader.rows({
    sql: `SELECT ${bounded(decoded('line', encoding))} FROM ${piece.table} ${limit === undefined ? '' : `LIMIT ${limit}`} OFFSET ${from.rows}`,
    params: { ...piece.params, format: format === 'ndjson' ? 'LineAsString' : 'JSONAsString', structure: 'line String' },
    maxBytes: unpackLimit(piece),
    signal,
  })
  try {
    for await (const page of rows) yield { rows: page.map(([line = '']) => ({ read: objectOf(String(line), encoding) })) }
  } catch (error) {
    signal?.throwIfAborted()
    throw unreadable(piece.name, error, piece.secrets)
  }
}

function objectOf(given: string, encoding: string | undefined): ReadRow {
  const line = given.replace(/^\ufeff/, '')
  if (line.trim() === '') return { ok: false, code: 'BLANK_ROW', reason: 'the line is empty', raw: '' }
  const problem = cellProblem([line], encoding ?? 'UTF-8')
  if (problem !== undefined) return problem
  const value = tryParse(line)
  if (value === undefined) return { ok: false, code: 'UNPARSABLE_ROW', reason: 'the line is no JSON', raw: line }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, code: 'UNPARSABLE_ROW', reason: 'the line is no JSON object', raw: line }
  if (isDeeperThan(value, MAX_DEPTH))
    return { ok: false, code: 'ROW_TOO_DEEP', reason: `a row may be nested ${MAX_DEPTH} levels deep`, raw: line }
  return { ok: true, row: value as Row }
}

function tryParse(line: string): Json | undefined {
  try {
    return parseJson(exactNumbers(line))
  } catch {
    return undefined
  }
}

function isDeeperThan(value: object, depth: number): boolean {
  if (depth === 0) return true
  return Object.values(value).some((member) => typeof member === 'object' && member !== null && isDeeperThan(member, depth - 1))
}
