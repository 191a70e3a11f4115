import type { EncodedEvent, RefusedPart } from './accepted-request.ts'

/** A piece of a request: of all pieces together nothing is missing and nothing is twice. */
interface Piece {
  readonly events: readonly EncodedEvent[]
  readonly refused: readonly RefusedPart[]
}

/** What a record has beside its parts. Names of workspaces and sources are short. */
const HEAD_BYTES = 2_048
/** Of UTF-8 for one unit of a text. */
const MOST_BYTES_PER_UNIT = 3

/** Divides what a request brought into pieces that fit into records. A part alone always fits. */
export function piecesOf(request: Piece, recordBytes: number): readonly Piece[] {
  const limit = recordBytes - HEAD_BYTES
  if (limit === Number.POSITIVE_INFINITY) return [request]
  const parts = [
    ...request.events.map((event) => ({ texts: [event.head, event.body], into: (piece: Draft) => piece.events.push(event) })),
    ...request.refused.map((part) => ({ texts: [JSON.stringify(part)], into: (piece: Draft) => piece.refused.push(part) })),
  ]
  const most = parts.reduce((sum, { texts }) => sum + texts.reduce((units, text) => units + text.length * MOST_BYTES_PER_UNIT + 1, 0), 0)
  if (most <= limit) return [request]
  const pieces: Draft[] = []
  let piece: Draft | undefined
  let bytes = 0
  for (const { texts, into } of parts) {
    const more = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0)
    if (piece === undefined || bytes + more > limit) {
      piece = { events: [], refused: [] }
      pieces.push(piece)
      bytes = 0
    }
    bytes += more
    into(piece)
  }
  return pieces
}

interface Draft {
  readonly events: EncodedEvent[]
  readonly refused: RefusedPart[]
}
