import type { LongCallContext } from '@tenon/kernel/contracts'
import { breathe } from '../breathe.ts'
import type { LinkageConfig } from '../config.ts'
import { type Blocks, blocksOf } from '../people/blocking.ts'
import { candidatePairs } from '../people/candidates.ts'
import type { Field } from '../people/field.ts'
import type { People } from '../people/people.ts'
import { seededBelow } from '../random.ts'
import { expectationMaximisation, type LevelProbabilities, posterior } from './expectation-maximisation.ts'
import { frequencyOf } from './frequency.ts'
import type { LinkageModel } from './model.ts'
import { levelShares, normalised, type Pattern, patternCounter, UNSEEN } from './patterns.ts'

/** Fields whose blocks teach how one person agrees; the most telling ones. Of three, two teach about every field. */
const TEACHERS = 3
/** How strangers and people agree is estimated in turn: the former are known better once the latter are. */
const TURNS = 3
const PRIOR_ROUNDS = 50
const BATCH = 8_192

interface Teacher {
  /** Of the field that all pairs of its blocks share, which therefore teaches nothing about itself. */
  readonly field: number
  readonly patterns: readonly Pattern[]
}

export interface Trained {
  readonly model: LinkageModel
  readonly expectedMatches: number
  readonly candidates: number
  readonly teachers: readonly string[]
}

/** Learns how people and strangers agree, and how many pairs are one person. */
export async function train(
  people: People,
  fields: readonly Field[],
  rules: readonly Blocks[],
  request: { readonly config: LinkageConfig; readonly seed: number },
  context: LongCallContext,
): Promise<Trained> {
  const { config, seed } = request
  const count = people.profiles.length
  const pairs = (count * (count - 1)) / 2
  const sizes = fields.map(({ levels }) => levels.length)
  const random = await randomPatterns(people, fields, { most: config.randomPairs, seed }, context)
  let u: LevelProbabilities = levelShares(random, sizes, () => 1)
  const teachers = await teachersOf(people, fields, { config, u }, context)
  const candidates = await candidatePatterns(people, fields, rules, config.maxBlock, context)
  let m: LevelProbabilities = sizes.map(startLevels)
  let prior = 1 / (pairs + 2)
  for (let turn = 0; turn < TURNS; turn += 1) {
    m = learnedFrom(teachers, sizes, u)
    prior = priorOf(candidates, { pairs, m, u, start: prior, expected: config.expectedMatches })
    const [share, people, strangers] = [prior, m, u]
    u = levelShares(random, sizes, ({ levels }) => 1 - posterior(share, people, strangers, levels))
    await breathe(context.signal)
  }
  return {
    expectedMatches: prior * pairs,
    candidates: candidates.reduce((sum, pattern) => sum + pattern.count, 0),
    teachers: teachers.map(({ field }) => fields[field]?.key ?? ''),
    model: {
      kind: 'linkage/1',
      prior,
      fields: fields.map(({ key, kind, levels, usesFrequency }, index) => {
        const column = people.columns[index]
        const own = { key, kind, levels: [...levels], m: [...(m[index] ?? [])], u: [...(u[index] ?? [])] }
        return usesFrequency && column !== undefined ? { ...own, frequency: frequencyOf(column) } : own
      }),
    },
  }
}

/** Where estimation starts: people mostly agree, and the less the less. */
const startLevels = (size: number): number[] => normalised(Array.from({ length: size }, (_, level) => 5 ** -level))

/** All pairs where they are few, otherwise so many at random. */
async function randomPatterns(
  people: People,
  fields: readonly Field[],
  options: { readonly most: number; readonly seed: number },
  { signal }: LongCallContext,
): Promise<readonly Pattern[]> {
  const counter = patternCounter(fields, people)
  let done = 0
  for (const [left, right] of randomPairs(people.profiles.length, options)) {
    counter.add(left, right)
    done += 1
    if (done % BATCH === 0) await breathe(signal)
  }
  return counter.patterns()
}

function* randomPairs(
  count: number,
  { most, seed }: { readonly most: number; readonly seed: number },
): Generator<readonly [number, number]> {
  if ((count * (count - 1)) / 2 <= most) {
    for (let left = 0; left < count; left += 1) for (let right = left + 1; right < count; right += 1) yield [left, right]
    return
  }
  const draw = seededBelow(seed)
  for (let done = 0; done < most; ) {
    const [left, right] = [draw(count), draw(count)]
    if (left === right) continue
    done += 1
    yield [left, right]
  }
}

async function candidatePatterns(
  people: People,
  fields: readonly Field[],
  rules: readonly Blocks[],
  maxBlock: number,
  { signal, progress }: LongCallContext,
): Promise<readonly Pattern[]> {
  const counter = patternCounter(fields, people)
  let done = 0
  for (const { left, right, size } of candidatePairs(rules, { maxBlock })) {
    for (let at = 0; at < size; at += 1) counter.add(left[at] ?? 0, right[at] ?? 0)
    done += size
    progress({ done, note: 'pairs compared' })
    await breathe(signal)
  }
  return counter.patterns()
}

/** The fields on which strangers agree the least teach the most: their blocks are full of people. */
async function teachersOf(
  people: People,
  fields: readonly Field[],
  { config, u }: { readonly config: LinkageConfig; readonly u: LevelProbabilities },
  { signal }: LongCallContext,
): Promise<readonly Teacher[]> {
  const exact = (field: number): number => u[field]?.[0] ?? 1
  const ranked = [...fields.keys()].sort((a, b) => exact(a) - exact(b) || a - b)
  const teachers: Teacher[] = []
  for (const field of ranked) {
    if (teachers.length === TEACHERS) break
    const key = fields[field]?.key ?? ''
    const counter = patternCounter(fields, people)
    let done = 0
    for (const { left, right, size } of candidatePairs([blocksOf(people, fields, [{ field: key, by: 'value' }])], config)) {
      for (let at = 0; at < size && done < config.trainingPairs; at += 1, done += 1) counter.add(left[at] ?? 0, right[at] ?? 0)
      await breathe(signal)
      if (done === config.trainingPairs) break
    }
    if (done > 0) teachers.push({ field, patterns: counter.patterns() })
  }
  return teachers
}

/** How one person agrees, by all teachers: each counts as much as it has pairs of one person. */
function learnedFrom(teachers: readonly Teacher[], sizes: readonly number[], u: LevelProbabilities): LevelProbabilities {
  const start = sizes.map(startLevels)
  // What nobody teaches stays near the start; what was never seen of one person is not impossible.
  const sums = start.map((own) => own.map((probability) => probability + UNSEEN))
  for (const { field, patterns } of teachers) {
    const others = patterns.map(({ levels, count }) => ({ levels: levels.with(field, -1), count }))
    const { share, m } = expectationMaximisation({ patterns: others, u, start: { share: 0.5, m: start } })
    const learned = levelWeights(others, sizes, share, m, u)
    for (const [index, own] of sums.entries()) {
      if (index !== field) for (const level of own.keys()) own[level] = (own[level] ?? 0) + (learned[index]?.[level] ?? 0)
    }
  }
  return sums.map(normalised)
}

function levelWeights(
  patterns: readonly Pattern[],
  sizes: readonly number[],
  share: number,
  m: LevelProbabilities,
  u: LevelProbabilities,
): readonly (readonly number[])[] {
  const sums = sizes.map((size) => new Array<number>(size).fill(0))
  for (const { levels, count } of patterns) {
    const weight = posterior(share, m, u, levels) * count
    for (const [field, own] of sums.entries()) {
      const level = levels[field] ?? -1
      if (level >= 0) own[level] = (own[level] ?? 0) + weight
    }
  }
  return sums
}

/** The share of all pairs that are one person: those that no rule finds count as strangers. */
function priorOf(
  candidates: readonly Pattern[],
  problem: {
    readonly pairs: number
    readonly m: LevelProbabilities
    readonly u: LevelProbabilities
    readonly start: number
    readonly expected: number | undefined
  },
): number {
  const { pairs, m, u, start, expected } = problem
  const bounded = (matches: number): number => Math.min(0.5, Math.max(0.5, matches) / (pairs + 1))
  if (expected !== undefined) return bounded(expected)
  let prior = start
  for (let round = 0; round < PRIOR_ROUNDS; round += 1) {
    const next = bounded(candidates.reduce((sum, { levels, count }) => sum + count * posterior(prior, m, u, levels), 0))
    if (Math.abs(next - prior) < 1e-6 * prior) return next
    prior = next
  }
  return prior
}
