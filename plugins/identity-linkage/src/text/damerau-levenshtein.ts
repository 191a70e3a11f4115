/**
 * How many insertions, deletions, substitutions and swaps of neighbours turn one text into the other, where what was swapped may
 * be edited again: a metric (F. Damerau, CACM 7, 1964; the dynamic programme of R. Lowrance and R. Wagner, JACM 22, 1975).
 * Counts UTF-16 units.
 */
export function damerauLevenshtein(left: string, right: string): number {
  const [m, n] = [left.length, right.length]
  if (left === right) return 0
  if (m === 0 || n === 0) return m + n
  const width = n + 2
  const far = m + n
  // Row and column 0 are a wall; row and column 1 stand for the empty beginning.
  const table = new Uint16Array((m + 2) * width).fill(far)
  for (let i = 0; i <= m; i += 1) table[(i + 1) * width + 1] = i
  for (let j = 0; j <= n; j += 1) table[width + j + 1] = j
  const lastRow = new Map<number, number>()
  for (let i = 1; i <= m; i += 1) {
    const character = left.charCodeAt(i - 1)
    let lastColumn = 0
    for (let j = 1; j <= n; j += 1) {
      const other = right.charCodeAt(j - 1)
      const row = lastRow.get(other) ?? 0
      const column = lastColumn
      const same = character === other
      if (same) lastColumn = j
      const at = (i + 1) * width + j + 1
      table[at] = Math.min(
        (table[at - width - 1] ?? far) + (same ? 0 : 1),
        (table[at - 1] ?? far) + 1,
        (table[at - width] ?? far) + 1,
        (table[row * width + column] ?? far) + (i - row - 1) + 1 + (j - column - 1),
      )
    }
    lastRow.set(character, i)
  }
  return table[(m + 1) * width + n + 1] ?? far
}

/** Whether two texts are at most so many edits apart; asks first what is cheap to know. */
export const isWithinEdits = (left: string, right: string, edits: number): boolean =>
  Math.abs(left.length - right.length) <= edits && !differInMoreLetters(left, right, edits) && damerauLevenshtein(left, right) <= edits

/** An edit brings at most one new letter to either side: sets that differ in more are further apart. Letters fall into 32 classes. */
function differInMoreLetters(left: string, right: string, edits: number): boolean {
  const [ours, theirs] = [lettersOf(left), lettersOf(right)]
  return bitsIn(ours & ~theirs) > edits || bitsIn(theirs & ~ours) > edits
}

function lettersOf(text: string): number {
  let letters = 0
  for (let index = 0; index < text.length; index += 1) letters |= 1 << (text.charCodeAt(index) & 31)
  return letters
}

function bitsIn(word: number): number {
  let bits = 0
  for (let rest = word; rest !== 0; rest &= rest - 1) bits += 1
  return bits
}
