import type { Comparison, Json, Measure, Measured, ProfileId, Properties, Purpose, Rule, TagValue } from '@tenon/kernel/contracts'
import type { Population } from '../sources.ts'
import { bucketOf } from './bucket.ts'
import { compareValues } from './reference-compare.fixture.ts'
import { measureOf } from './reference-measure.fixture.ts'
import { leavesOf } from './reference-path.fixture.ts'

/**
 * What the rule language means, slowly and obviously: for tests alone, which hold the compiler against it.
 *
 * Values and comparisons:
 *
 * | value            | comparison with it               | `not` of it |
 * |------------------|----------------------------------|-------------|
 * | missing or null  | unknown, but `exists` true/false | unknown, but of `exists` |
 * | of another type  | false                            | true        |
 * | of the type      | true or false                    | the other   |
 *
 * Rules (Kleene's strong three-valued logic; T true, F false, U unknown). A person is selected where the rule is true:
 *
 * | `and` | T | U | F |   | `or` | T | U | F |   | `not` |   |
 * |-------|---|---|---|---|------|---|---|---|---|-------|---|
 * | **T** | T | U | F |   | **T**| T | T | T |   | **T** | F |
 * | **U** | U | U | F |   | **U**| T | U | U |   | **U** | U |
 * | **F** | F | F | F |   | **F**| T | U | F |   | **F** | T |
 */
export type Truth = boolean | undefined

export interface HistoricEvent {
  readonly name: string
  readonly timestamp: Date
  readonly receivedAt: Date
  readonly messageId: string
  readonly properties: Properties
  readonly traits: Properties
}

/** Everything of one person: merged ids already together. */
export interface PersonHistory {
  readonly profile: ProfileId
  readonly events: readonly HistoricEvent[]
  readonly tags: Readonly<Record<string, TagValue>>
  readonly segments: readonly string[]
}

export interface Instant {
  readonly asOf: Date
  readonly zone: string
  readonly consents: ReadonlyMap<Purpose, Population>
  /** Segments that are evaluated at the same instant, by their rule. */
  readonly defined: ReadonlyMap<string, Rule>
}

/** Of a person: the events up to the instant, in the order in which they are told. */
export function toldBy(history: PersonHistory, { asOf }: Instant): PersonHistory {
  const events = history.events.filter(({ timestamp }) => timestamp <= asOf)
  return { ...history, events: events.toSorted(inOrder) }
}

function inOrder(left: HistoricEvent, right: HistoricEvent): number {
  const byTime = left.timestamp.getTime() - right.timestamp.getTime() || left.receivedAt.getTime() - right.receivedAt.getTime()
  return byTime || Buffer.compare(Buffer.from(left.messageId), Buffer.from(right.messageId))
}

/** Whether the rule holds for a person whose history is {@link toldBy}. */
export function truthOf(rule: Rule, person: PersonHistory, at: Instant): Truth {
  if ('always' in rule) return true
  if ('and' in rule) return every(rule.and.map((one) => truthOf(one, person, at)))
  if ('or' in rule) return negated(every(rule.or.map((one) => negated(truthOf(one, person, at)))))
  if ('not' in rule) return negated(truthOf(rule.not, person, at))
  if ('segment' in rule) return isMember(rule.segment, person, at)
  if ('consent' in rule) return agrees(at.consents.get(rule.consent), person.profile)
  if ('bucket' in rule) return inBucket(rule.bucket, person.profile)
  if ('sequence' in rule) throw new Error('sequences have no reference yet')
  return compared(rule, person, at)
}

const compared = (rule: Measure & Comparison, person: PersonHistory, at: Instant): Truth =>
  compareValues(measureValues(rule, person, at), rule, at)

/** The values that a measure stands for: several where a path goes through lists, none where nothing is known. */
export function measureValues(measure: Measure, person: PersonHistory, at: Instant): readonly Json[] {
  if ('trait' in measure) return leavesOf(traitsOf(person), measure.trait)
  if ('tag' in measure) return tagOf(person.tags[measure.tag])
  if ('ratio' in measure) return ratioOf(measure.ratio, person, at)
  return measureOf(measure, person, at)
}

const negated = (truth: Truth): Truth => (truth === undefined ? undefined : !truth)

const every = (truths: readonly Truth[]): Truth => (truths.includes(false) ? false : truths.includes(undefined) ? undefined : true)

function isMember(segment: string, person: PersonHistory, at: Instant): boolean {
  const rule = at.defined.get(segment)
  return rule === undefined ? person.segments.includes(segment) : truthOf(rule, person, at) === true
}

const agrees = (population: Population | undefined, profile: ProfileId): boolean =>
  population !== undefined && population.default !== population.exceptions.includes(profile)

function inBucket({ salt, from, to }: { readonly salt: string; readonly from: number; readonly to: number }, profile: ProfileId): boolean {
  const share = bucketOf(salt, profile)
  return share >= from && share < to
}

/** Later events have the word, trait by trait. */
export const traitsOf = ({ events }: PersonHistory): Properties => Object.assign({}, ...events.map(({ traits }) => traits))

const tagOf = (value: TagValue | undefined): readonly Json[] =>
  value === undefined ? [] : [value instanceof Date ? value.toISOString() : value]

function ratioOf([over, by]: readonly [Measured, Measured], person: PersonHistory, at: Instant): readonly Json[] {
  const [dividend] = measureOf(over, person, at)
  const [divisor] = measureOf(by, person, at)
  if (typeof dividend !== 'number' || typeof divisor !== 'number' || divisor === 0) return []
  return [dividend / divisor]
}
