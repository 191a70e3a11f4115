/**
 * Whether a text is of the pattern, in which `*` is any text; capitals do not matter. Piece by piece from the left, so the time grows with
 * the length of the text times the number of stars at worst: no pattern can make it explode.
 */
export function globOf(pattern: string): (text: string) => boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*')
  const last = rest.pop()
  if (last === undefined) return (text) => text.toLowerCase() === first
  return (given) => {
    const text = given.toLowerCase()
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
    const end = text.length - last.length
    let from = first.length
    for (const piece of rest) {
      const found = text.indexOf(piece, from)
      if (found < 0 || found + piece.length > end) return false
      from = found + piece.length
    }
    return true
  }
}
