import { durationMs, type KindWeights } from '@tenon/kernel/contracts'
import type { StoredEvent } from '../writer/event-format.ts'

/** What the column store computes, slowly and obviously. Agrees up to single precision. */

export interface ReferenceScope {
  readonly asOf: Date
  readonly kinds: KindWeights
  readonly within?: string
}

export interface ReferenceInteraction {
  readonly profile: number
  readonly item: string
  readonly kind: string
  readonly at: number
  readonly weight: number
}

const DAY = 86_400_000

export function referenceInteractions(history: readonly StoredEvent[], scope: ReferenceScope): readonly ReferenceInteraction[] {
  const asOf = scope.asOf.getTime()
  const after = scope.within === undefined ? Number.NEGATIVE_INFINITY : asOf - (durationMs(scope.within) ?? 0)
  const found: ReferenceInteraction[] = []
  for (const { profile, name, timestamp, properties } of history) {
    const at = timestamp.getTime()
    const kind = scope.kinds[name]
    if (kind === undefined || profile === 0 || at > asOf || at <= after) continue
    const decay = kind.halfLifeDays === undefined ? 1 : 2 ** (-(asOf - at) / DAY / kind.halfLifeDays)
    for (const item of itemsOf(properties)) found.push({ profile, item, kind: name, at, weight: kind.weight * decay })
  }
  return found
}

function itemsOf(properties: StoredEvent['properties']): ReadonlySet<string> {
  const items = new Set<string>()
  const add = (holder: object): void => {
    const values = Object.entries(holder)
    const id = ['product_id', 'sku']
      .map((key) => values.find(([name]) => name === key)?.[1])
      .find((value) => value !== undefined && value !== null && value !== '')
    if (id !== undefined) items.add(String(id))
  }
  add(properties)
  if (Array.isArray(properties.products))
    for (const product of properties.products) if (typeof product === 'object' && product !== null) add(product)
  return items
}

export function referenceSessions(
  interactions: readonly ReferenceInteraction[],
  gapMs: number,
): readonly (readonly ReferenceInteraction[])[] {
  const sessions: ReferenceInteraction[][] = []
  for (const own of Map.groupBy(interactions, ({ profile }) => profile).values()) {
    let last = Number.NEGATIVE_INFINITY
    for (const interaction of own.toSorted(byTime)) {
      if (interaction.at - last > gapMs) sessions.push([])
      sessions.at(-1)?.push(interaction)
      last = interaction.at
    }
  }
  return sessions.sort((left, right) => endOf(left) - endOf(right) || profileOf(left) - profileOf(right))
}

export function referencePopularity(interactions: readonly ReferenceInteraction[]) {
  return [...Map.groupBy(interactions, ({ item }) => item)].map(([item, own]) => ({
    item,
    weight: own.reduce((sum, { weight }) => sum + weight, 0),
    people: new Set(own.map(({ profile }) => profile)).size,
  }))
}

/** All pairs, before `perItem` and `minPeople`, by `left|right`. */
export function referencePairs(interactions: readonly ReferenceInteraction[], gapMs: number, cap: number) {
  const pairs = new Map<string, { weight: number; people: Set<number> }>()
  for (const session of referenceSessions(interactions, gapMs)) {
    const heaviest = new Map<string, number>()
    const newest = session
      .filter(({ weight }) => weight > 0)
      .toSorted((left, right) => right.at - left.at || compare(left.item, right.item))
    for (const { item, weight } of newest) {
      if (heaviest.has(item) || heaviest.size < cap) heaviest.set(item, Math.max(heaviest.get(item) ?? 0, weight))
    }
    for (const [left, one] of heaviest) {
      for (const [right, other] of heaviest) {
        if (left === right) continue
        const pair = pairs.get(`${left}|${right}`) ?? { weight: 0, people: new Set() }
        pair.weight += Math.sqrt(one * other) / Math.log(2 + heaviest.size)
        pair.people.add(profileOf(session))
        pairs.set(`${left}|${right}`, pair)
      }
    }
  }
  return pairs
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
const byTime = (left: ReferenceInteraction, right: ReferenceInteraction): number =>
  left.at - right.at || compare(left.item, right.item) || compare(left.kind, right.kind)
const endOf = (session: readonly ReferenceInteraction[]): number => session.at(-1)?.at ?? 0
const profileOf = (session: readonly ReferenceInteraction[]): number => session[0]?.profile ?? 0
