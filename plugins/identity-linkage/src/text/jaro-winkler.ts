/** Characters that agree at the front count up to this many. */
const PREFIX = 4
const PREFIX_SCALE = 0.1

/**
 * Jaro's similarity, 0 to 1: the mean of the shares of characters that both texts have near each other, and of those in the
 * same order (M. Jaro, Advances in Record-Linkage Methodology, JASA 84, 1989). Two empty texts are the same.
 */
export function jaro(one: string, other: string): number {
  if (one === other) return 1
  // Which partner a character finds depends on who looks first: a fixed order makes the measure symmetric.
  const [left, right] = one.length < other.length || (one.length === other.length && one < other) ? [one, other] : [other, one]
  const [m, n] = [left.length, right.length]
  if (m === 0 || n === 0) return 0
  const reach = Math.max(0, (Math.max(m, n) >> 1) - 1)
  const taken = new Uint8Array(n)
  const common: number[] = []
  for (let i = 0; i < m; i += 1) {
    const character = left.charCodeAt(i)
    for (let j = Math.max(0, i - reach); j < Math.min(n, i + reach + 1); j += 1) {
      if (taken[j] === 1 || right.charCodeAt(j) !== character) continue
      taken[j] = 1
      common.push(character)
      break
    }
  }
  if (common.length === 0) return 0
  let moved = 0
  for (let j = 0, k = 0; j < n; j += 1) {
    if (taken[j] === 0) continue
    if (right.charCodeAt(j) !== common[k]) moved += 1
    k += 1
  }
  const c = common.length
  return (c / m + c / n + (c - moved / 2) / c) / 3
}

/**
 * Jaro's similarity raised by a common beginning of up to four characters (W. Winkler, String Comparator Metrics and Enhanced
 * Decision Rules in the Fellegi-Sunter Model of Record Linkage, 1990).
 */
export function jaroWinkler(left: string, right: string): number {
  const similarity = jaro(left, right)
  let prefix = 0
  while (prefix < PREFIX && prefix < left.length && left[prefix] === right[prefix]) prefix += 1
  return similarity + prefix * PREFIX_SCALE * (1 - similarity)
}
