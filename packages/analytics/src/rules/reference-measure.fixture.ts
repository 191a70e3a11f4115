import {
  dayOf,
  durationMs,
  instantOf,
  type Json,
  type Measured,
  type MeasureKind,
  startOfDay,
  type Where,
  type Window,
} from '@tenon/kernel/contracts'
import { type HistoricEvent, type Instant, type PersonHistory, traitsOf } from './reference.fixture.ts'
import { compareValues } from './reference-compare.fixture.ts'
import { isScalar, leavesOf } from './reference-path.fixture.ts'

/** One value, or none where it is not known. The history is in its order and ends at the instant. */
export function measureOf({ event, where, measure, within }: Measured, person: PersonHistory, at: Instant): readonly Json[] {
  const counts = windowOf(within, person, at)
  if (counts === undefined) return []
  const value = valueOver(happened(person, event, where, at).filter(counts), measure, at)
  return value === undefined || (typeof value === 'number' && !Number.isFinite(value)) ? [] : [value]
}

const happened = (person: PersonHistory, name: string, where: readonly Where[] | undefined, at: Instant): readonly HistoricEvent[] =>
  person.events.filter(
    (event) =>
      event.name === name &&
      (where ?? []).every((one) => 'same' in one || compareValues(leavesOf(event.properties, one.property), one, at) === true),
  )

/** Whether an event lies in the window; undefined where nobody knows when it begins. */
function windowOf(window: Window | undefined, person: PersonHistory, at: Instant): ((event: HistoricEvent) => boolean) | undefined {
  const now = at.asOf.getTime()
  if (window === undefined) return () => true
  if ('last' in window) return (event) => event.timestamp.getTime() > now - (durationMs(window.last) ?? Number.NaN)
  if ('days' in window) return (event) => event.timestamp.getTime() >= startOfDay(now, at.zone, window.days - 1)
  if (!('since' in window)) {
    const from = window.from === undefined ? Number.NEGATIVE_INFINITY : instantOf(window.from, at.zone)
    const to = window.to === undefined ? Number.POSITIVE_INFINITY : instantOf(window.to, at.zone)
    return (event) => event.timestamp.getTime() >= (from ?? Number.NaN) && event.timestamp.getTime() < (to ?? Number.NaN)
  }
  if ('event' in window.since) {
    const last = happened(person, window.since.event, window.since.where, at).at(-1)
    return last === undefined ? undefined : (event) => event.timestamp > last.timestamp
  }
  const [date] = leavesOf(traitsOf(person), window.since.trait)
  const from = typeof date === 'string' ? instantOf(date, at.zone) : undefined
  return from === undefined ? undefined : (event) => event.timestamp.getTime() >= from
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

function valueOver(events: readonly HistoricEvent[], kind: MeasureKind, at: Instant): Json | undefined {
  if (typeof kind === 'string') return plainly(events, kind, at)
  const scalars = (path: string) => events.map(({ properties }) => leavesOf(properties, path).filter(isScalar))
  const numbers = (path: string) =>
    scalars(path)
      .flat()
      .filter((value) => typeof value === 'number')
  if ('sum' in kind) return ofSome(events, numbers(kind.sum), (found) => rounded(sum(found)))
  if ('distinct' in kind) return ofSome(events, scalars(kind.distinct).flat(), (found) => new Set(found).size)
  if ('avg' in kind) return ofAny(numbers(kind.avg), (found) => rounded(sum(found) / found.length))
  if ('min' in kind) return ofAny(numbers(kind.min), (found) => Math.min(...found))
  if ('max' in kind) return ofAny(numbers(kind.max), (found) => Math.max(...found))
  if ('first' in kind) return scalars(kind.first).find((found) => found.length > 0)?.[0]
  if ('last' in kind) return scalars(kind.last).findLast((found) => found.length > 0)?.[0]
  if ('top' in kind) return top(events, kind)
  if (kind.of === 'timestamp') return events[kind.nth - 1]?.timestamp.toISOString()
  return scalars(kind.of)[kind.nth - 1]?.[0]
}

/** Of no event it is what it is of nothing; of events that all lack the property it is not known. */
const ofSome = <T>(events: readonly HistoricEvent[], found: readonly T[], value: (found: readonly T[]) => number): number | undefined =>
  events.length > 0 && found.length === 0 ? undefined : value(found)

const ofAny = <T>(found: readonly T[], value: (found: readonly T[]) => number): number | undefined =>
  found.length === 0 ? undefined : value(found)

function plainly(
  events: readonly HistoricEvent[],
  kind: 'count' | 'days' | 'recency' | 'streak',
  { asOf, zone }: Instant,
): number | undefined {
  const days = new Set(events.map(({ timestamp }) => dayOf(timestamp.getTime(), zone)))
  if (kind === 'count') return events.length
  if (kind === 'days') return days.size
  if (kind === 'streak') return streak(days, dayOf(asOf.getTime(), zone))
  const last = events.at(-1)
  return last === undefined ? undefined : (asOf.getTime() - last.timestamp.getTime()) / 1_000
}

function streak(days: ReadonlySet<number>, today: number): number {
  let day = days.has(today) ? today : today - 1
  let length = 0
  while (days.has(day--)) length += 1
  return length
}

type Top = Extract<MeasureKind, { readonly top: string }>

function top(events: readonly HistoricEvent[], kind: Top): Json | undefined {
  const weights = new Map<string, number>()
  for (const { properties } of events) {
    for (const [value, weight] of pairs(properties, kind)) weights.set(value, (weights.get(value) ?? 0) + weight)
  }
  const ordered = [...weights]
    .map(([value, weight]) => [value, rounded(weight)] as const)
    .filter(([, weight]) => weight > 0)
    .sort(([left, one], [right, other]) => other - one || Buffer.compare(Buffer.from(left), Buffer.from(right)))
    .map(([value]) => value)
  if (kind.n === undefined) return ordered[0]
  return ordered.length === 0 ? undefined : ordered.slice(0, kind.n)
}

/** Value and weight of each element of the list that both are in, or of the event. */
function pairs(properties: Json & HistoricEvent['properties'], { top: path, by }: Top): readonly (readonly [string, number])[] {
  const end = path.lastIndexOf('[]') + 2
  const list = end < 2 ? undefined : path.slice(0, end)
  const elements: readonly Json[] = list === undefined ? [properties] : leavesOf(properties, list)
  return elements.flatMap((element) => {
    const inElement = (of: string): readonly Json[] => {
      if (list === undefined || !of.startsWith(list)) return leavesOf(properties, of)
      return of === list ? [element] : leavesOf({ element }, `element${of.slice(list.length)}`)
    }
    const [value] = inElement(path)
    const [weight] = by === undefined || by === 'count' ? [1] : inElement(by.sum)
    return value !== undefined && isScalar(value) && typeof weight === 'number' ? [[String(value), weight] as const] : []
  })
}
