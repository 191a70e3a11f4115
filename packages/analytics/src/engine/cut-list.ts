/** What the engine's text of an array escapes, by one more character each. */
const ESCAPED = /[\t\n\r'\\]/g
/** Quotes, and the comma behind them. */
const AROUND = 3

const sizeOf = (value: string | number): number =>
  typeof value === 'number' ? String(value).length + 1 : Buffer.byteLength(value) + (value.match(ESCAPED)?.length ?? 0) + AROUND

/** Pieces of a list whose text as a parameter is no longer than that; a value that is longer by itself is a piece of its own. */
export function cutList<Value extends string | number>(list: readonly Value[], bytes: number): readonly (readonly Value[])[] {
  const pieces: (readonly Value[])[] = []
  let [from, size] = [0, 0]
  for (const [index, value] of list.entries()) {
    const own = sizeOf(value)
    if (index > from && size + own > bytes) {
      pieces.push(list.slice(from, index))
      ;[from, size] = [index, 0]
    }
    size += own
  }
  return from < list.length ? [...pieces, list.slice(from)] : pieces
}
