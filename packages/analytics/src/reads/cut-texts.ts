/** What the engine's text of an array escapes, by one more character each. */
const ESCAPED = /[\t\n\r'\\]/g
/** Quotes, and the comma behind them. */
const AROUND = 3

/** Pieces of a list whose text as a parameter is no longer than that; a text that is longer by itself is a piece of its own. */
export function cutTexts(texts: readonly string[], bytes: number): readonly (readonly string[])[] {
  const pieces: (readonly string[])[] = []
  let [from, size] = [0, 0]
  for (const [index, text] of texts.entries()) {
    const own = Buffer.byteLength(text) + (text.match(ESCAPED)?.length ?? 0) + AROUND
    if (index > from && size + own > bytes) {
      pieces.push(texts.slice(from, index))
      ;[from, size] = [index, 0]
    }
    size += own
  }
  return from < texts.length ? [...pieces, texts.slice(from)] : pieces
}
