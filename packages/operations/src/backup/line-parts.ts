/** Whole lines that belong together. */
export interface LinePart {
  readonly rows: number
  readonly bytes: Buffer
}

const NEWLINE = 0x0a

/** Cuts a text of lines into parts of whole lines, none much longer than `maxBytes`. The text ends with a line end. */
export async function* lineParts(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<LinePart> {
  let held: Uint8Array[] = []
  let length = 0
  for await (const piece of source) {
    held.push(piece)
    length += piece.length
    if (length < maxBytes) continue
    const all = Buffer.concat(held)
    const end = all.lastIndexOf(NEWLINE) + 1
    if (end > 0) yield partOf(all.subarray(0, end))
    held = [all.subarray(end)]
    length = all.length - end
  }
  if (length > 0) yield partOf(Buffer.concat(held))
}

function partOf(bytes: Buffer): LinePart {
  let rows = 0
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) rows++
  return { rows, bytes }
}
