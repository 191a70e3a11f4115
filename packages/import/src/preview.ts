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
  /** About the mapping as a whole: columns that it names and none of these rows has, and rows of these that it makes one event. */
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
  const rows = shown.map((read) => rowOf(read, mapping, now))
  return {
    pieces: pieces.map(({ name, bytes }) => ({ name, ...(bytes === undefined ? {} : { bytes }) })),
    columns,
    rows,
    problems: shown.some(({ ok }) => ok) ? [...missing(mapping.columns, columns), ...alike(rows)] : [],
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

/** An import says nothing of a row whose message id came before: that is how it is run again. Within one file it may be two orders. */
function alike(rows: readonly PreviewRow[]): readonly ImportProblem[] {
  const places = new Map<string, number[]>()
  for (const [index, { event }] of rows.entries())
    if (event !== undefined) places.set(event.messageId, [...(places.get(event.messageId) ?? []), index + 1])
  const [first, ...others] = [...places.values()].filter(({ length }) => length > 1)
  if (first === undefined) return []
  const more = others.length === 0 ? '' : `, and ${others.length} more message ${others.length === 1 ? 'id is' : 'ids are'} of several rows`
  const message = `rows ${first.slice(0, 5).join(', ')} have one message id, so they would be one event${more}; name columns that tell rows apart`
  return [{ path: 'mapping.messageId', message }]
}
