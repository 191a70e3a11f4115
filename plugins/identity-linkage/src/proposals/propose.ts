import type { LongCallContext, MatchProposal, PairMatcher } from '@tenon/kernel/contracts'
import { breathe } from '../breathe.ts'
import type { LinkageConfig } from '../config.ts'
import { type Agreement, type Judge, probabilityOf, type Shares } from '../model/judge.ts'
import { blocksOf, standardRules } from '../people/blocking.ts'
import { candidatePairs } from '../people/candidates.ts'
import { levelBetween, sharedValues } from '../people/compare-people.ts'
import type { Field } from '../people/field.ts'
import { type People, readPeople } from '../people/people.ts'
import { bestPairs, type WeighedPair } from './best-pairs.ts'
import { groupsOf } from './groups.ts'
import { oneToOne } from './one-to-one.ts'

const PAGE = 500

export interface Weighing {
  readonly config: LinkageConfig
  readonly fields: readonly Field[]
  readonly judge: Judge
  readonly shares: Shares
}

type Request = Parameters<PairMatcher['propose']>[0]

/** All pairs of blocks, weighed; those from the review limit on, the most probable first. */
export async function* proposals(
  { config, fields, judge, shares }: Weighing,
  request: Request,
  context: LongCallContext,
): AsyncGenerator<readonly MatchProposal[]> {
  const people = await readPeople(request.records, fields, context)
  const agreements = agreementsOf(fields, people, shares)
  const mask = maskOf(people, request.profiles)
  // Whether a pair is somebody's best depends on all pairs: then everybody is compared, whoever was asked for.
  const isOneToOne = config.assignment === 'one-to-one'
  const best = bestPairs(isOneToOne ? Number.MAX_SAFE_INTEGER : request.limit)
  const rules = (config.blocking ?? standardRules(fields)).map((rule) => blocksOf(people, fields, rule))
  for (const { left, right, size } of candidatePairs(rules, { maxBlock: config.maxBlock, mask: isOneToOne ? undefined : mask })) {
    for (let at = 0; at < size; at += 1) {
      const [a = 0, b = 0] = [left[at], right[at]]
      const weight = agreements(a, b).reduce((sum, agreement, field) => sum + judge.weight(field, agreement), judge.priorWeight)
      if (probabilityOf(weight) >= request.limits.review) best.add({ left: a, right: b, weight })
    }
    await breathe(context.signal)
    yield []
  }
  const pairs = (isOneToOne ? oneToOne(best.pairs()) : best.pairs())
    .filter(({ left, right }) => mask === undefined || mask[left] === 1 || mask[right] === 1)
    .slice(0, request.limit)
  const group = groupsAmong(people, pairs, request)
  for (let start = 0; start < pairs.length; start += PAGE) {
    await breathe(context.signal)
    yield pairs.slice(start, start + PAGE).map(({ left, right }) => {
      const [a = 0, b = 0] = [people.profiles[left], people.profiles[right]]
      const pair = { left: Math.min(a, b), right: Math.max(a, b) }
      return { ...pair, ...group(pair), ...judge.opinion(agreements(left, right)) }
    })
  }
}

/** How any two people agree, field by field, with the share of the rarest value in common. */
function agreementsOf(fields: readonly Field[], people: People, shares: Shares): (left: number, right: number) => readonly Agreement[] {
  const byValue = people.columns.map(({ values }, field) => values.map((value) => shares(field, value)))
  return (left, right) =>
    fields.map((field, index) => {
      const column = people.columns[index]
      const level = column === undefined ? -1 : levelBetween(field, column, left, right)
      if (level !== 0 || column === undefined || !field.usesFrequency) return { level }
      return { level, share: Math.min(...sharedValues(column, left, right).map((id) => byValue[index]?.[id] ?? 1)) }
    })
}

function maskOf({ profiles }: People, asked: Request['profiles']): Uint8Array | undefined {
  if (asked === undefined) return undefined
  const wanted = new Set(asked)
  return Uint8Array.from(profiles, (profile) => Number(wanted.has(profile)))
}

function groupsAmong({ profiles }: People, pairs: readonly WeighedPair[], { limits }: Request) {
  const least = limits.merge ?? limits.review
  const certain = pairs.filter(({ weight }) => probabilityOf(weight) >= least)
  const groups = groupsOf(certain.map(({ left, right }) => ({ left: profiles[left] ?? 0, right: profiles[right] ?? 0 })))
  return ({ left, right }: { readonly left: number; readonly right: number }): { readonly group?: number } => {
    const group = groups.get(left)
    return group !== undefined && group === groups.get(right) ? { group } : {}
  }
}
