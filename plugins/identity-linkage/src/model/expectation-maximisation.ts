import type { Pattern } from './patterns.ts'

/** For each field the probabilities of its levels. */
export type LevelProbabilities = readonly (readonly number[])[]

export interface Estimate {
  /** The share of pairs that are one person. */
  readonly share: number
  /** How often each level is met among those. */
  readonly m: LevelProbabilities
  /** After each round; never falls. */
  readonly logLikelihood: readonly number[]
}

/** Log of the joint probability of the known levels, fields being independent. */
export function logProbability(probabilities: LevelProbabilities, levels: Int8Array): number {
  let sum = 0
  for (const [field, own] of probabilities.entries()) {
    const level = levels[field] ?? -1
    if (level >= 0) sum += Math.log(own[level] ?? 1)
  }
  return sum
}

/** The probability that a pair with this pattern is one person. */
export function posterior(share: number, m: LevelProbabilities, u: LevelProbabilities, levels: Int8Array): number {
  const odds = Math.log(share) - Math.log1p(-share) + logProbability(m, levels) - logProbability(u, levels)
  return 1 / (1 + Math.exp(-odds))
}

/**
 * Learns without labels which pairs of a mixture are one person (I. Fellegi and A. Sunter, A Theory for Record Linkage, JASA 64,
 * 1969; A. Dempster, N. Laird and D. Rubin, JRSS B 39, 1977): given how strangers agree (`u`), the share of the others and how they
 * agree. Unknown levels say nothing. Ends when the likelihood grows by less than `tolerance` a pair.
 */
export function expectationMaximisation(problem: {
  readonly patterns: readonly Pattern[]
  readonly u: LevelProbabilities
  readonly start: Pick<Estimate, 'share' | 'm'>
  readonly rounds?: number
  readonly tolerance?: number
}): Estimate {
  const { patterns, u, start, rounds = 200, tolerance = 1e-7 } = problem
  const total = patterns.reduce((sum, { count }) => sum + count, 0)
  let { share, m } = start
  const logLikelihood: number[] = []
  for (let round = 0; total > 0 && round < rounds; round += 1) {
    const sums = m.map((own) => new Array<number>(own.length).fill(0))
    let [matches, likelihood] = [0, 0]
    for (const { levels, count } of patterns) {
      const [ours, theirs] = [Math.log(share) + logProbability(m, levels), Math.log1p(-share) + logProbability(u, levels)]
      const most = Math.max(ours, theirs)
      // Both are impossible only where the start says so: such pairs can teach nothing.
      if (most === Number.NEGATIVE_INFINITY) continue
      const mixture = most + Math.log(Math.exp(ours - most) + Math.exp(theirs - most))
      const weight = Math.exp(ours - mixture) * count
      likelihood += mixture * count
      matches += weight
      for (const [field, own] of sums.entries()) {
        const level = levels[field] ?? -1
        if (level >= 0) own[level] = (own[level] ?? 0) + weight
      }
    }
    const last = logLikelihood.at(-1)
    logLikelihood.push(likelihood)
    if (last !== undefined && likelihood - last < tolerance * total) break
    share = matches / total
    m = sums.map((own, field) => {
      const known = own.reduce((sum, weight) => sum + weight, 0)
      return known > 0 ? own.map((weight) => weight / known) : (m[field] ?? [])
    })
  }
  return { share, m, logLikelihood }
}
