/** Seeded chance: the same seed and path always give the same numbers, on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** Whole, both ends included. */
  integer(from: number, to: number): number
  chance(probability: number): boolean
  pick<T>(choices: readonly [T, ...T[]]): T
  /** An index, as likely as its weight. */
  weighted(weights: readonly number[]): number
  exponential(mean: number): number
  /** P(X > x) = (minimum / x) ^ alpha. */
  pareto(alpha: number, minimum: number): number
  poisson(mean: number): number
}

/**
 * sfc32 (C. Doty-Humphrey, PractRand): 128 bits of state, passes the tests of PractRand. The state comes from the seed
 * and the path, so that every person has a stream that does not depend on how many others there are.
 */
export function random(seed: number, ...path: readonly (number | string)[]): Random {
  let [a, b, c, counter] = stateOf([seed, ...path].join('/'))
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let round = 0; round < 15; round += 1) next()
  return {
    next,
    integer: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (probability) => next() < probability,
    pick: (choices) => choices[Math.floor(next() * choices.length)] ?? choices[0],
    weighted(weights) {
      let rest = next() * weights.reduce((total, weight) => total + weight, 0)
      const index = weights.findIndex((weight) => {
        rest -= weight
        return rest < 0
      })
      return Math.max(0, index)
    },
    exponential: (mean) => -mean * Math.log(1 - next()),
    pareto: (alpha, minimum) => minimum / (1 - next()) ** (1 / alpha),
    poisson(mean) {
      const limit = Math.exp(-mean)
      let count = 0
      for (let product = next(); product > limit; product *= next()) count += 1
      return count
    },
  }
}

/** Four words out of a text: FNV-1a per word, each with its own start, then the finaliser of MurmurHash3. */
function stateOf(text: string): [number, number, number, number] {
  const word = (start: number): number => {
    let hash = start
    for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return hash ^ (hash >>> 16)
  }
  return [word(0x811c9dc5), word(0x9e3779b9), word(0x243f6a88), 1]
}
