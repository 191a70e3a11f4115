/** The known word that a mistyped one most likely stands for; undefined when none is close. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const short = word.slice(0, 40).toLowerCase()
  const limit = Math.max(1, Math.floor(short.length / 3))
  const [best] = known
    .map((candidate) => ({ candidate, edits: edits(short, candidate.toLowerCase()) }))
    .filter((one) => one.edits <= limit)
    .sort((left, right) => left.edits - right.edits)
  return best?.candidate
}

/** Levenshtein (1966), one row at a time. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
