import { durationMs, type KindWeights } from '@tenon/kernel/contracts'
import { AnalyticsRequestInvalid } from '../errors.ts'
import { eventsSource, type Fragment, instant, type Population, populationFilter } from '../sources.ts'
import { type ItemPaths, itemsExpression } from './item-paths.ts'

/** Which interactions are read. */
export interface InteractionScope {
  readonly asOf: Date
  readonly kinds: KindWeights
  /** `90d`: (asOf − 90 d, asOf]. */
  readonly within?: string
}

/**
 * Interactions as a subquery with `profile`, `item`, `kind`, `at` and `weight` = weight of the kind × 2^(−age / half-life).
 * An event counts once for each item in it: a quantity is a number of units, not of decisions.
 */
export function interactionsSource(scope: InteractionScope, paths: ItemPaths, population: Population | undefined): Fragment {
  const items = itemsExpression(paths)
  const allowed = populationFilter(population)
  const kinds = Object.entries(scope.kinds)
  const kind = 'indexOf({kinds:Array(String)}, kind)'
  return {
    sql: `(SELECT profile, item, kind, at,
  arrayElement({weights:Array(Float64)}, ${kind}) * if(arrayElement({halfLives:Array(Float64)}, ${kind}) = 0, 1,
    exp2(-(({asOf:Int64} - toUnixTimestamp64Milli(at)) / 86400000) / arrayElement({halfLives:Array(Float64)}, ${kind}))) AS weight
FROM (
  SELECT profile, name AS kind, timestamp AS at, ${items.sql} AS items
  FROM ${eventsSource()}
  WHERE name IN {kinds:Array(String)} AND timestamp <= ${instant('asOf')} AND timestamp > ${instant('after')} AND ${allowed.sql}
)
ARRAY JOIN items AS item)`,
    params: {
      ...items.params,
      ...allowed.params,
      asOf: scope.asOf.getTime(),
      after: startOf(scope),
      kinds: kinds.map(([name]) => name),
      weights: kinds.map(([, { weight }]) => weight),
      halfLives: kinds.map(([, { halfLifeDays = 0 }]) => halfLifeDays),
    },
  }
}

const LONG_AGO = Date.UTC(1900, 0, 1) - 1

function startOf({ asOf, within }: InteractionScope): number {
  if (within === undefined) return LONG_AGO
  const length = durationMs(within)
  if (length === undefined) throw AnalyticsRequestInvalid.create({ field: 'within', problem: `'${within}' is not a duration` })
  return asOf.getTime() - length
}
