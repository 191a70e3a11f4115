import type { Interactions, Item } from '@tenon/kernel/contracts'
import { batch } from '../engine/limits.ts'
import type { WorkspaceQuery } from '../engine/workspace-query.ts'
import { AnalyticsRequestInvalid } from '../errors.ts'
import type { Population } from '../sources.ts'
import { interactionsSource } from './interactions-source.ts'
import { defaultItemPaths, type ItemPaths } from './item-paths.ts'
import { readMatrix } from './matrix.ts'
import { sessionsSource } from './sessions-source.ts'

export interface InteractionsOptions {
  /** Who may be read for the purpose; everybody where absent. */
  readonly population?: Population
  /** The catalogue, which another store keeps. */
  readonly items: () => AsyncIterable<readonly Item[]>
  readonly paths?: ItemPaths
  readonly signal?: AbortSignal
}

type Popularity = Parameters<Interactions['popularity']>[0]
type Pairs = Parameters<Interactions['pairs']>[0]
type Sessions = Parameters<Interactions['sessions']>[0]

const MINUTE = 60_000

/** The interactions of a workspace, computed by the column store. Weights are single precision: sums do not depend on their order. */
export function interactionsOf(query: WorkspaceQuery, options: InteractionsOptions): Interactions {
  const { population, signal, paths = defaultItemPaths } = options

  async function popularity(request: Popularity): Promise<readonly { item: string; weight: number; people: number }[]> {
    const source = interactionsSource(request, paths, population)
    return query.rows({
      operation: 'popularity of items',
      sql: `SELECT item, toFloat32(sum(weight)) AS weight, uniqExact(profile) AS people
FROM ${source.sql} AS interactions
GROUP BY item
ORDER BY weight DESC, item
LIMIT {limit:UInt32}`,
      params: { ...source.params, limit: atLeast(1, 'limit', request.limit) },
      limits: batch,
      signal,
    })
  }

  /** Of an item that occurs several times in a session its heaviest interaction counts; a pair weighs the geometric mean of its two. */
  function pairs(request: Pairs): AsyncIterable<readonly { left: string; right: string; weight: number; people: number }[]> {
    const source = sessionsSource(interactionsSource(request, paths, population))
    return query.pages({
      operation: 'pairs of items',
      sql: `SELECT left, right, toFloat32(sum(mean)) AS weight, uniqExact(profile) AS people
FROM (
  SELECT profile, one.2 AS left, other.2 AS right, sqrt(one.3 * other.3) / log(2 + length(basket)) AS mean
  FROM (
    SELECT profile, basket, one
    FROM (
      SELECT profile, arraySlice(arraySort(groupArray(tuple(-latest, item, heaviest))), 1, {cap:UInt32}) AS basket
      FROM (
        SELECT profile, ended, interaction.2 AS item, max(interaction.1) AS latest, max(interaction.4) AS heaviest
        FROM ${source.sql}
        ARRAY JOIN session AS interaction
        WHERE interaction.4 > 0
        GROUP BY profile, ended, item
      )
      GROUP BY profile, ended
    )
    ARRAY JOIN basket AS one
  )
  ARRAY JOIN basket AS other
  WHERE one.2 != other.2
)
GROUP BY left, right
HAVING people >= {minPeople:UInt32}
ORDER BY left, weight DESC, right
LIMIT {perItem:UInt32} BY left`,
      params: {
        ...source.params,
        gapMs: Math.round(atLeast(0, 'gapMinutes', request.gapMinutes) * MINUTE),
        cap: atLeast(2, 'cap', request.cap),
        perItem: atLeast(1, 'perItem', request.perItem),
        minPeople: atLeast(0, 'minPeople', request.minPeople),
      },
      limits: batch,
      signal,
    })
  }

  async function* sessions(request: Sessions): ReturnType<Interactions['sessions']> {
    const source = sessionsSource(interactionsSource(request, paths, population))
    const pages = query.pages<{ session: readonly (readonly [at: number, item: string, kind: string, weight: number])[] }>({
      operation: 'sessions',
      sql: `SELECT session FROM ${source.sql} ORDER BY ended, profile`,
      params: { ...source.params, gapMs: Math.round(atLeast(0, 'gapMinutes', request.gapMinutes) * MINUTE) },
      limits: batch,
      signal,
    })
    for await (const page of pages) {
      yield page.map(({ session }) => session.map(([at, item, kind, weight]) => ({ item, kind, weight, at: new Date(at) })))
    }
  }

  return Object.freeze({
    popularity,
    pairs,
    sessions,
    matrix: (request: Parameters<Interactions['matrix']>[0]) => readMatrix(query, interactionsSource(request, paths, population), signal),
    items: options.items,
  })
}

function atLeast(least: number, field: string, value: number): number {
  if (Number.isFinite(value) && value >= least) return value
  throw AnalyticsRequestInvalid.create({ field, problem: `${value} is less than ${least}` })
}
