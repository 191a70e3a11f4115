import { open } from 'node:fs/promises'
import { LogCorrupt } from '../errors.ts'
import type { LogChunk, LogRecord } from './event-log.ts'
import { findRecord, parseRecord, RECORD_HEADER_BYTES } from './record.ts'
import type { OnCorrupt } from './recover.ts'
import { readRange, type Segment } from './segment.ts'

export interface ReadRequest {
  /** In order, with where each of them ends. */
  readonly segments: readonly (Segment & { readonly end: number })[]
  readonly from: number
  readonly maxBytes: number
  readonly maxParts: number
  readonly until: number
  readonly onCorrupt: OnCorrupt
  readonly onSkip: (skipped: { readonly from: number; readonly to: number; readonly problem: string }) => void
}

/** Read from the disk at once: whoever wants few records of a long log does not pay for what he leaves. */
const PIECE_BYTES = 4 * 1024 * 1024

/** Reads records until one of the limits is reached; goes over the ends of segments. */
export async function readRecords(request: ReadRequest): Promise<LogChunk> {
  const { from, until, maxBytes, maxParts, segments } = request
  const records: LogRecord[] = []
  let next = from
  let parts = 0
  while (next < until && next - from < maxBytes && parts < maxParts) {
    const segment = segments.find(({ base, end }) => next < end && base < until)
    if (segment === undefined) break
    if (next < segment.base) next = leap(request, next, segment)
    const piece = await readPiece(request, segment, next, Math.min(Math.max(maxBytes - (next - from), 1), PIECE_BYTES))
    for (const record of piece.records) {
      const isTooMuch = parts + record.parts > maxParts || endOf(record) - from > maxBytes
      if (record.position >= until || (records.length > 0 && isTooMuch)) return { from, records, parts, next: record.position }
      records.push(record)
      parts += record.parts
    }
    next = piece.next
  }
  return { from, records, parts, next: Math.max(next, from) }
}

const endOf = ({ position, payload }: LogRecord): number => position + RECORD_HEADER_BYTES + payload.length

/** From a position in no segment to the next one. Before all of them lies what was released long ago. */
function leap({ segments, onCorrupt, onSkip }: ReadRequest, from: number, to: Segment): number {
  const problem = 'the segment that holds it is missing'
  if (segments[0]?.base !== to.base && onCorrupt === 'stop') throw LogCorrupt.create({ segment: to.path, position: from, problem })
  onSkip({ from, to: to.base, problem })
  return to.base
}

type Piece = Pick<LogChunk, 'records' | 'next'>

async function readPiece(request: ReadRequest, segment: Segment & { readonly end: number }, from: number, bytes: number): Promise<Piece> {
  const left = segment.end - from
  const file = await open(segment.path, 'r')
  try {
    let buffer = await readRange(file, segment, from, Math.min(bytes, left))
    let piece = parsePiece(buffer, from)
    // How long the first record is says its header, which may be cut as well.
    for (let asked = Math.min(bytes, left); piece.next === from; piece = parsePiece(buffer, from)) {
      const first = parseRecord(buffer, 0)
      const wanted = first.kind === 'short' ? Math.min(Math.max(first.needed, bytes), left) : 0
      if (wanted <= asked) break
      asked = wanted
      buffer = await readRange(file, segment, from, asked)
    }
    if (piece.next > from) return piece
    return skipDamage(request, segment, from, await readRange(file, segment, from, left))
  } finally {
    await file.close()
  }
}

function parsePiece(buffer: Buffer, from: number): Piece {
  const records: LogRecord[] = []
  let offset = 0
  for (let parsed = parseRecord(buffer, 0); parsed.kind === 'record'; parsed = parseRecord(buffer, offset)) {
    const position = from + offset
    records.push({ position, place: String(position), parts: parsed.parts, payload: parsed.payload })
    offset += parsed.bytes
  }
  return { records, next: from + offset }
}

/** The rest of the segment does not begin with a whole record: stops, or goes on at the next one. */
function skipDamage({ onCorrupt, onSkip }: ReadRequest, segment: Segment & { readonly end: number }, from: number, rest: Buffer): Piece {
  const parsed = parseRecord(rest, 0)
  const problem = parsed.kind === 'damaged' ? parsed.problem : 'the segment ends within a record'
  if (onCorrupt === 'stop') throw LogCorrupt.create({ segment: segment.path, position: from, problem })
  const found = findRecord(rest, 1)
  const next = found < 0 ? segment.end : from + found
  onSkip({ from, to: next, problem })
  return { records: [], next }
}
