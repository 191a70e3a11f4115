import type { Interaction, Item, ItemId } from '../nouns/item.ts'
import type { Interactions, KindWeights } from '../recommender/contract.ts'
import { sampleDay } from './sample-context.ts'

/** What one person did, in the order of time. */
export interface SampleVisit {
  readonly profile: number
  readonly items: readonly ItemId[]
  /** Days before the instant of the cases. */
  readonly daysAgo: number
  readonly kind?: string
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

interface Timed extends Interaction {
  readonly profile: number
}

/**
 * Interactions over visits in memory: what a station answers from its column store, computed in the obvious way.
 * Within a visit a person looks at an item a minute.
 */
export function sampleInteractions(visits: readonly SampleVisit[]): Interactions {
  const all = visits.flatMap(({ profile, items, daysAgo, kind = 'Product Viewed' }) =>
    items.map(
      (item, index): Timed => ({ profile, item, kind, weight: 1, at: new Date(sampleDay(-daysAgo).getTime() + index * MINUTE_MS) }),
    ),
  )
  const items = [...new Set(all.map(({ item }) => item))]
  const read = (asOf: Date, kinds: KindWeights, within?: string): readonly Timed[] =>
    all
      .filter(
        ({ at, kind }) =>
          at <= asOf && Object.hasOwn(kinds, kind) && (within === undefined || asOf.getTime() - at.getTime() < spanMs(within)),
      )
      .map((interaction) => ({ ...interaction, weight: decayed(interaction, kinds, asOf) }))
      .sort((left, right) => left.at.getTime() - right.at.getTime())

  return {
    async popularity({ asOf, kinds, within, limit }) {
      const found = [...groupBy(read(asOf, kinds, within), ({ item }) => item)].map(([item, acts]) => ({
        item,
        weight: sum(acts.map(({ weight }) => weight)),
        people: new Set(acts.map(({ profile }) => profile)).size,
      }))
      return found.sort((left, right) => right.weight - left.weight || compare(left.item, right.item)).slice(0, limit)
    },
    async *pairs({ asOf, kinds, within, gapMinutes, cap, perItem, minPeople }) {
      const pairs = new Map<string, { left: ItemId; right: ItemId; weight: number; people: Set<number> }>()
      for (const session of sessionsOf(read(asOf, kinds, within), gapMinutes)) {
        const latest = [...new Map(session.map((act) => [act.item, act])).values()].slice(-cap)
        for (const left of latest) {
          for (const right of latest) {
            if (left.item === right.item) continue
            const key = JSON.stringify([left.item, right.item])
            const pair = pairs.get(key) ?? { left: left.item, right: right.item, weight: 0, people: new Set<number>() }
            pair.weight += Math.min(left.weight, right.weight) / Math.log(2 + latest.length)
            pair.people.add(left.profile)
            pairs.set(key, pair)
          }
        }
      }
      for (const [, found] of groupBy([...pairs.values()], ({ left }) => left)) {
        const best = found.filter(({ people }) => people.size >= minPeople).sort((a, b) => b.weight - a.weight || compare(a.right, b.right))
        if (best.length > 0) yield best.slice(0, perItem).map(({ people, ...pair }) => ({ ...pair, people: people.size }))
      }
    },
    async matrix({ asOf, kinds, within }) {
      const people = [...groupBy(read(asOf, kinds, within), ({ profile }) => profile)].sort(([left], [right]) => left - right)
      const columnOf = new Map(items.map((item, index) => [item, index]))
      const rows = [0]
      const columns: number[] = []
      const weights: number[] = []
      for (const [, acts] of people) {
        for (const [item, own] of groupBy(acts, (act) => act.item)) {
          columns.push(columnOf.get(item) ?? 0)
          weights.push(sum(own.map(({ weight }) => weight)))
        }
        rows.push(columns.length)
      }
      return {
        rows: Int32Array.from(rows),
        columns: Int32Array.from(columns),
        weights: Float32Array.from(weights),
        profiles: Float64Array.from(people.map(([profile]) => profile)),
        items,
      }
    },
    async *sessions({ asOf, kinds, within, gapMinutes }) {
      const sessions = sessionsOf(read(asOf, kinds, within), gapMinutes)
      if (sessions.length > 0) yield sessions.map((session) => session.map(({ profile: _profile, ...act }) => act))
    },
    async *items() {
      const found = items.map((id): Item => ({ id, title: `Item ${id}`, categories: ['all'], available: true, attributes: {} }))
      if (found.length > 0) yield found
    },
  }
}

function sessionsOf(acts: readonly Timed[], gapMinutes: number): readonly (readonly Timed[])[] {
  const sessions: Timed[][] = []
  for (const [, own] of groupBy(acts, ({ profile }) => profile)) {
    let last = Number.NEGATIVE_INFINITY
    for (const act of own) {
      if (act.at.getTime() - last > gapMinutes * MINUTE_MS) sessions.push([])
      sessions.at(-1)?.push(act)
      last = act.at.getTime()
    }
  }
  const endOf = (session: readonly Timed[]): number => session.at(-1)?.at.getTime() ?? 0
  return sessions.sort((left, right) => endOf(left) - endOf(right))
}

function decayed({ kind, at }: Interaction, kinds: KindWeights, asOf: Date): number {
  const { weight, halfLifeDays } = kinds[kind] ?? { weight: 0 }
  return halfLifeDays === undefined ? weight : weight * 2 ** (-(asOf.getTime() - at.getTime()) / (halfLifeDays * DAY_MS))
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: MINUTE_MS, h: 60 * MINUTE_MS, d: DAY_MS, w: 7 * DAY_MS }
const spanMs = (duration: string): number => Number.parseInt(duration, 10) * (UNITS[duration.slice(-1)] ?? 0)
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
const compare = (left: string, right: string): number => (left < right ? -1 : Number(left > right))

function groupBy<T, K>(entries: readonly T[], keyOf: (entry: T) => K): ReadonlyMap<K, readonly T[]> {
  return Map.groupBy(entries, keyOf)
}
