import { type EventType, type Json, type Properties, parseJson } from '@tenon/kernel/contracts'
import { type CheckedEvent, versionOf } from '../check-event.ts'
import { type FieldStatistics, schemaOf } from './schema-of.ts'
import { isOversized, mergeShapes, newShape, observe, type Shape } from './shape.ts'

/** An event that was stored, and who did it: 0 where nobody is known. */
export interface SampledEvent extends CheckedEvent {
  readonly person: number
}

export interface EventStatistics {
  readonly type: EventType
  readonly name?: string
  readonly version: number
  /** How many were looked at. */
  readonly sampled: number
  /** Of the sample, the most frequent first. */
  readonly fields: readonly FieldStatistics[]
  /** How many more fields there are. */
  readonly otherFields: number
}

/** Events that a draft says nothing of. */
export interface LeftOut {
  /** For the plan would become too large, or their names are none that a plan can have. */
  readonly unplanned: number
  /** They hold an object with hundreds of properties. */
  readonly oversized: number
  /** They say that they are of a version that is no whole number of 1 or more, or of one too many. */
  readonly versions: number
}

export interface DraftOptions {
  /** The share of the sample that may break the draft: 0, and all of it keeps to it. */
  readonly tolerance: number
  /** The sources that the plan is to be for. */
  readonly sources?: readonly string[]
}

export interface PlanDraft {
  /** As `put` of a plan takes it. */
  readonly plan: Properties
  readonly events: readonly EventStatistics[]
  readonly leftOut: LeftOut
}

/**
 * Learns a plan from events, one by one, in bounded memory for each name. Neither the order matters nor how events are shared out among
 * inferences that are merged.
 */
export interface Inference {
  add(event: SampledEvent): void
  merge(other: Inference): void
  draft(options: DraftOptions): PlanDraft
  /** For `merge` alone. */
  readonly state: State
}

interface State {
  readonly events: Map<string, Observed>
  total: number
  oversized: number
  unnameable: number
}

interface Observed {
  readonly type: EventType
  readonly name: string | undefined
  readonly versions: Map<number, { sampled: number; readonly shape: Shape }>
}

const MOST_VERSIONS = 8
const LAST_VERSION = 1_000_000
const MOST_CHARACTERS = 900_000
const MOST_EVENTS = 1_000
const MOST_FIELDS = 100

/** What each type is about. What else its events may say, a draft leaves free. */
const PARTS: Readonly<Partial<Record<EventType, 'properties' | 'traits'>>> = Object.freeze({
  track: 'properties',
  page: 'properties',
  screen: 'properties',
  identify: 'traits',
  group: 'traits',
})

export function inferPlan(): Inference {
  const state: State = { events: new Map(), total: 0, oversized: 0, unnameable: 0 }
  return Object.freeze({
    state,
    add: (event: SampledEvent) => add(state, event),
    merge: (other: Inference) => merge(state, other.state),
    draft: (options: DraftOptions) => draft(state, options),
  })
}

function add(state: State, event: SampledEvent): void {
  const { type, texts, person } = event
  const part = PARTS[type]
  if (part === undefined) return
  state.total += 1
  const value = parseJson<Json>(part === 'properties' ? texts.properties : type === 'group' ? texts.groupTraits : texts.traits)
  if (isOversized(value)) {
    state.oversized += 1
    return
  }
  if (type === 'track' && !isPlannable(event.name)) {
    state.unnameable += 1
    return
  }
  // Names of pages are as many as pages: they are planned as one.
  const observed = observedOf(state, type, type === 'track' ? event.name : undefined)
  const one = versionIn(observed, texts.context.includes('event_version') ? (versionOf(event) ?? 1) : 1)
  if (one === undefined) return
  one.sampled += 1
  observe(one.shape, value, person)
}

/** What a plan takes, and a database keeps. */
const isPlannable = (name: string): boolean => name !== '' && name.length <= 512 && name.isWellFormed() && !name.includes('\0')

function merge(into: State, from: State): void {
  into.total += from.total
  into.oversized += from.oversized
  into.unnameable += from.unnameable
  for (const { type, name, versions } of from.events.values()) {
    const observed = observedOf(into, type, name)
    for (const [version, { sampled, shape }] of versions) {
      const one = versionIn(observed, version)
      if (one === undefined) continue
      one.sampled += sampled
      mergeShapes(one.shape, shape)
    }
  }
}

function observedOf({ events }: State, type: EventType, name: string | undefined): Observed {
  const key = name === undefined ? type : `${type} ${name}`
  const observed = events.get(key) ?? { type, name, versions: new Map() }
  events.set(key, observed)
  return observed
}

/** The lowest versions are kept, whichever came first. */
function versionIn({ versions }: Observed, version: number) {
  if (!Number.isInteger(version) || version < 1 || version > LAST_VERSION) return undefined
  const known = versions.get(version)
  if (known !== undefined) return known
  if (versions.size === MOST_VERSIONS) {
    const highest = Math.max(...versions.keys())
    if (version > highest) return undefined
    versions.delete(highest)
  }
  const one = { sampled: 0, shape: newShape() }
  versions.set(version, one)
  return one
}

interface Drafted {
  readonly planned: Properties
  readonly statistics: EventStatistics
}

function draft({ events, total, oversized, unnameable }: State, { tolerance, sources }: DraftOptions): PlanDraft {
  const drafted = [...events.values()].flatMap((observed) => draftsOf(observed, tolerance)).toSorted(byFrequency)
  const told = few(drafted)
  const sampled = (of: readonly Drafted[]): number => of.reduce((sum, { statistics }) => sum + statistics.sampled, 0)
  return {
    plan: {
      ...(sources === undefined ? {} : { sources: [...sources] }),
      ...{ mode: 'flag', unplannedEvents: 'allow', unplannedProperties: 'allow' },
      events: told.map(({ planned }) => planned),
    },
    events: told.map(({ statistics }) => statistics),
    leftOut: {
      unplanned: unnameable + sampled(drafted) - sampled(told),
      oversized,
      versions: total - oversized - unnameable - sampled(drafted),
    },
  }
}

function draftsOf({ type, name, versions }: Observed, tolerance: number): readonly Drafted[] {
  const part = PARTS[type] ?? 'properties'
  const named = name === undefined ? { type } : { type, name }
  return [...versions].map(([version, { sampled, shape }]) => {
    const { schema, fields } = schemaOf(shape, part, tolerance)
    const most = fields.toSorted((left, right) => right.seen - left.seen).slice(0, MOST_FIELDS)
    const statistics = { ...named, version, sampled, fields: most, otherFields: fields.length - most.length }
    return { planned: { ...named, version, [part]: schema }, statistics }
  })
}

function byFrequency({ statistics: left }: Drafted, { statistics: right }: Drafted): number {
  const [first, second] = [left, right].map(({ type, name = '', version }) => JSON.stringify([type, name, version]))
  return right.sampled - left.sampled || ((first ?? '') < (second ?? '') ? -1 : 1)
}

/** As many as a plan can hold. */
function few(drafted: readonly Drafted[]): readonly Drafted[] {
  let characters = 0
  return drafted.slice(0, MOST_EVENTS).filter(({ planned }) => {
    characters += JSON.stringify(planned).length + 1
    return characters <= MOST_CHARACTERS
  })
}
