import { type EventType, type Json, type Properties, parseJson } from '@tenon/kernel/contracts'
import { closeSchema } from './close-schema.ts'
import { type CheckValue, compileSchema, type SchemaFault } from './compile-schema.ts'
import { fieldPath } from './field-path.ts'
import { kindOfRule } from './kind-of-rule.ts'
import {
  type Breach,
  type Finding,
  type Mode,
  type PlannedEvent,
  type Schema,
  strictest,
  type TrackingPlan,
  type Violation,
} from './plan.ts'
import { namesOf, type PlannedNames } from './planned-names.ts'

/** An event as ingest has it: JSON as text, which is read only where a plan asks for it. */
export interface CheckedEvent {
  readonly type: EventType
  readonly name: string
  readonly texts: { readonly properties: string; readonly traits: string; readonly context: string; readonly groupTraits: string }
}

/** What is wrong with an event, or undefined. */
export type CheckEvent = (event: CheckedEvent) => Finding | undefined

const PARTS = ['properties', 'traits', 'context'] as const
const MAX_VIOLATIONS = 20

/** One mistake at one place: as it is told of this event, and as it is counted. */
interface Found {
  readonly violation: Violation
  readonly breach: Breach
}

interface Check {
  readonly part: (typeof PARTS)[number]
  readonly check: () => CheckValue
  readonly names: PlannedNames
  /** Finds what is not planned and nothing else that `check` does not find. */
  readonly closed?: () => CheckValue
}

interface CompiledEvent {
  readonly version: number
  readonly mode: Mode
  readonly checks: readonly Check[]
}

/** Compiles a plan; each schema when an event first needs it. */
export function compilePlan(key: string, planVersion: number, plan: TrackingPlan): CheckEvent {
  const byName = Map.groupBy(plan.events, ({ type, name }) => nameOf(type, name))
  const compiled = new Map<string, readonly CompiledEvent[]>(
    [...byName].map(([name, events]) => [
      name,
      events.map((event) => compileEvent(event, plan)).toSorted((left, right) => left.version - right.version),
    ]),
  )
  const finding = (eventVersion: number, found: readonly Found[]): Finding | undefined => {
    if (found.length === 0) return undefined
    const breaches = distinct(found.map(({ breach }) => breach))
    const violations = found.slice(0, MAX_VIOLATIONS).map(({ violation }) => violation)
    return { plan: key, planVersion, eventVersion, mode: strictest(breaches), violations, breaches }
  }

  return (event) => {
    const versions = compiled.get(nameOf(event.type, event.name)) ?? compiled.get(nameOf(event.type, undefined))
    const [lowest] = versions ?? []
    if (versions === undefined || lowest === undefined) {
      if (event.type !== 'track') return undefined
      return finding(0, [unplanned('unplanned-event', '', 'the event is not in the plan', plan.unplannedEvents)])
    }
    const asked = versions.length === 1 && !event.texts.context.includes('event_version') ? undefined : versionOf(event)
    const planned = asked === undefined ? lowest : versions.find(({ version }) => version === asked)
    if (planned === undefined) {
      const version = 'context.protocols.event_version'
      return finding(0, [unplanned('unplanned-version', version, 'this version is not in the plan', plan.unplannedEvents)])
    }
    return finding(planned.version, violationsOf(planned, event, plan.unplannedProperties))
  }
}

const unplanned = (kind: 'unplanned-event' | 'unplanned-version', field: string, message: string, mode: Mode): Found => ({
  violation: { rule: kind, field, message, mode },
  breach: { kind, rule: kind, path: field, expected: '', actual: '', mode },
})

/** A list that is wrong from end to end is wrong once. */
const distinct = (breaches: readonly Breach[]): readonly Breach[] => [
  ...new Map(breaches.map((breach) => [JSON.stringify([breach.rule, breach.path]), breach])).values(),
]

const nameOf = (type: EventType, name: string | undefined): string => (name === undefined ? type : `${type} ${name}`)

function compileEvent(event: PlannedEvent, plan: TrackingPlan): CompiledEvent {
  const checks = PARTS.flatMap((part): readonly Check[] => {
    const schema: Schema | undefined = event[part]
    if (schema === undefined) return []
    const own = { part, check: compileSchema(schema), names: namesOf(schema) }
    return [part === 'context' ? own : { ...own, closed: compileSchema(closeSchema(schema)) }]
  })
  return { version: event.version, mode: event.mode ?? plan.mode, checks }
}

function violationsOf({ mode, checks }: CompiledEvent, event: CheckedEvent, unplannedMode: Mode): readonly Found[] {
  const all: Found[] = []
  for (const one of checks) {
    const { part, check, closed } = one
    const value = partOf(event, part)
    const faults = check()(value)
    for (const fault of faults) all.push(foundBy(one, fault, mode))
    if (closed === undefined) continue
    const known = new Set(faults.map(identityOf))
    for (const fault of closed()(value)) {
      if (fault.rule !== 'unevaluatedProperties' || known.has(identityOf(fault))) continue
      all.push(foundBy(one, { ...fault, rule: 'unplanned-property', message: 'the property is not in the plan' }, unplannedMode))
    }
  }
  return all
}

const identityOf = ({ rule, pointer, property }: SchemaFault): string => JSON.stringify([rule, pointer, property])

/** The event is told all of its own; the report, which is about many, no names that may be somebody's. */
function foundBy({ part, names: planned }: Check, fault: SchemaFault, mode: Mode): Found {
  const { rule, pointer, property, message, expected, actual } = fault
  const pointed = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const names = property === undefined ? pointed : [...pointed, property]
  const field = names.reduce((path, step) => (INDEX.test(step) ? `${path}[${step}]` : `${path}.${step}`), part)
  const isTold = (step: string, index: number) =>
    planned.has(step) || (property !== undefined && index === pointed.length && planned.isToldBeside(step))
  const steps = names.map((step, index) => (INDEX.test(step) ? 'items' : { property: isTold(step, index) ? step : '*' }))
  return {
    violation: { rule, field: field.slice(0, 300).toWellFormed(), message: message.slice(0, 200), mode },
    breach: { kind: kindOfRule(rule), rule, path: fieldPath(part, steps), expected: expected.slice(0, 100), actual, mode },
  }
}

const INDEX = /^\d+$/

/** Of a group call the traits of the account. */
const partOf = ({ type, texts }: CheckedEvent, part: (typeof PARTS)[number]): Json =>
  parseJson<Json>(part === 'traits' && type === 'group' ? texts.groupTraits : texts[part])

export function versionOf({ texts }: CheckedEvent): number | undefined {
  const { protocols } = parseJson<Properties>(texts.context)
  if (typeof protocols !== 'object' || protocols === null || Array.isArray(protocols)) return undefined
  const { event_version: version } = protocols as Properties
  if (version === undefined || version === null) return undefined
  const number = typeof version === 'string' || typeof version === 'number' ? Number(version) : Number.NaN
  return Number.isInteger(number) ? number : -1
}
