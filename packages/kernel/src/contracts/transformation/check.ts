import { isProperties } from '../check/json.ts'
import { isDate, isText } from '../check/values.ts'
import type { CustomerEvent } from '../nouns/event.ts'
import type { EventParts, Transformation, TransformOutcome } from './contract.ts'

const MAX_NAME = 512
const MAX_REPORT = 512
const MAX_IDENTIFIERS = 64
const FIRST_MS = Date.UTC(1900, 0, 1)
const AHEAD_MS = 86_400_000

/** What is wrong with what a transformation says of itself, or undefined. */
export function transformationProblem({ label, after }: Pick<Transformation, 'label' | 'after'>): string | undefined {
  if (!isText(label?.en)) return 'it has no label'
  return after === undefined || (Array.isArray(after) && after.every(isText)) ? undefined : 'after is not a list of instances'
}

/** What is wrong with the outcomes of a batch, or undefined. */
export function outcomesProblem(events: readonly CustomerEvent[], outcomes: readonly TransformOutcome[]): string | undefined {
  if (!Array.isArray(outcomes)) return 'the outcomes are not a list'
  if (outcomes.length !== events.length) return `there are ${outcomes.length} outcomes for ${events.length} events`
  for (const [index, event] of events.entries()) {
    const problem = outcomeProblem(event, outcomes[index])
    if (problem !== undefined) return problem
  }
  return undefined
}

function outcomeProblem(event: CustomerEvent, outcome: TransformOutcome | undefined): string | undefined {
  switch (outcome?.kind) {
    case 'kept':
      return reportProblem(outcome.reports)
    case 'changed':
      return partsProblem(event, outcome.parts) ?? reportProblem(outcome.reports)
    case 'dropped':
      return isCode(outcome.code) ? undefined : 'it drops an event without a code in upper snake case'
    case 'failed':
      if (!isCode(outcome.code)) return 'the code of a failure is not in upper snake case'
      return isText(outcome.message) ? undefined : 'it does not say why an event failed'
    default:
      return 'an outcome is none of kept, changed, dropped, failed'
  }
}

const reportProblem = (reports: unknown): string | undefined =>
  reports === undefined || (isText(reports) && reports.length <= MAX_REPORT)
    ? undefined
    : `what it reports has not 1 to ${MAX_REPORT} characters`

type PartCheck = (value: unknown, event: CustomerEvent) => string | undefined

const objectCheck =
  (part: string): PartCheck =>
  (value) =>
    isProperties(value) ? undefined : `${part} are not a JSON object`

/** By part, so that only what was changed is looked at. */
const CHECKS: Readonly<Record<keyof EventParts, PartCheck>> = {
  name: (name) =>
    typeof name === 'string' && name !== '' && name.length <= MAX_NAME ? undefined : `the name has not 1 to ${MAX_NAME} characters`,
  identifiers: (identifiers) =>
    Array.isArray(identifiers) && identifiers.length <= MAX_IDENTIFIERS && identifiers.every(isIdentifier)
      ? undefined
      : `the identifiers are not a list of up to ${MAX_IDENTIFIERS}, each with type and value`,
  properties: objectCheck('the properties'),
  traits: objectCheck('the traits'),
  context: objectCheck('the values of the context'),
  group(group, event) {
    if (event.group === undefined) return 'it gives a group to an event that has none'
    const isGroup = isRecord(group) && isText(group.id) && isProperties(group.traits)
    return isGroup ? undefined : 'the group has no id or no traits'
  },
  timestamp(timestamp, { receivedAt }) {
    const at = isDate(timestamp) ? timestamp.getTime() : Number.NaN
    return at >= FIRST_MS && at <= receivedAt.getTime() + AHEAD_MS
      ? undefined
      : 'the timestamp is not a date between 1900 and a day after the receipt'
  },
}

function partsProblem(event: CustomerEvent, parts: unknown): string | undefined {
  if (!isRecord(parts)) return 'the changed parts are not an object'
  for (const [part, value] of Object.entries(parts)) {
    if (!isPart(part)) return `it changes '${part}', which is not its to change`
    const problem = CHECKS[part](value, event)
    if (problem !== undefined) return problem
  }
  return undefined
}

const isPart = (part: string): part is keyof EventParts => Object.hasOwn(CHECKS, part)
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isIdentifier = (value: unknown): boolean => isRecord(value) && isText(value.type) && typeof value.value === 'string'
const isCode = (code: unknown): boolean => typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code)
