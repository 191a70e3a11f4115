import { checkDraft } from '@tenon/ingest'
import type { EventDraft } from '@tenon/kernel/contracts'
import type { ImportProblem } from './errors.ts'
import type { CompiledMapping } from './mapping/compile-mapping.ts'
import type { ReadRow, Row } from './mapping/row.ts'
import type { Reader } from './reader/open-reader.ts'
import { openPieces } from './reader/pieces.ts'
import { readPiece } from './reader/read-piece.ts'
import type { ImportRights } from './source/allowed.ts'
import type { ImportSource } from './source/source.ts'

export interface PreviewRow {
  /** As it was read; text where it could not be. */
  readonly raw: Row | string
  readonly event?: EventDraft
  readonly problem?: { readonly code: string; readonly message: string }
}

export interface ImportPreview {
  readonly pieces: readonly { readonly name: string; readonly bytes?: number }[]
  /** Of the rows that were looked at. */
  readonly columns: readonly string[]
  readonly rows: readonly PreviewRow[]
  /** About the mapping as a whole: columns that it names and none of these rows has. */
  readonly problems: readonly ImportProblem[]
}

const EVENT_BYTES = 64 * 1024
const MAX_FAULTS = 1_000

/** What the first rows of a source would become. Nothing is kept. */
export async function previewImport(request: {
  readonly reader: Reader
  readonly rights: ImportRights
  readonly source: ImportSource
  readonly mapping: CompiledMapping
  readonly rows: number
  readonly now: Date
}): Promise<ImportPreview> {
  const { reader, rights, source, mapping, rows: wanted, now } = request
  const pieces = await openPieces(reader, source, rights)
  const found: ReadRow[] = []
  for (const piece of pieces) {
    const limit = wanted - found.length
    if (limit <= 0) break
    for await (const { rows } of readPiece(reader, { piece, from: { rows: 0 }, limit, maxFaults: MAX_FAULTS })) {
      found.push(...rows.map(({ read }) => read).filter((read) => read.ok || read.code !== 'BLANK_ROW'))
    }
  }
  const shown = found.slice(0, wanted)
  const columns = [...new Set(shown.flatMap((read) => (read.ok ? Object.keys(read.row) : [])))]
  return {
    pieces: pieces.map(({ name, bytes }) => ({ name, ...(bytes === undefined ? {} : { bytes }) })),
    columns,
    rows: shown.map((read) => rowOf(read, mapping, now)),
    problems: shown.some(({ ok }) => ok) ? missing(mapping.columns, columns) : [],
  }
}

function rowOf(read: ReadRow, mapping: CompiledMapping, now: Date): PreviewRow {
  const raw = read.ok ? read.row : read.raw
  const mapped = mapping.map(read)
  if (!mapped.ok) return { raw, problem: { code: mapped.refused.code, message: mapped.refused.message } }
  const checked = checkDraft(mapped.draft, now, EVENT_BYTES)
  return { raw, event: mapped.draft, ...(checked.ok ? {} : { problem: { code: checked.code, message: checked.reason } }) }
}

const missing = (named: readonly string[], columns: readonly string[]): readonly ImportProblem[] =>
  named
    .filter((name) => !columns.includes(name) && !columns.some((column) => name.startsWith(`${column}.`)))
    .map((name) => ({
      path: 'mapping',
      message: `none of these rows has a column '${name}'; there are ${columns.slice(0, 20).join(', ')}`,
    }))
