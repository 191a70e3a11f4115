import type { Properties } from '../nouns/json.ts'
import { parseJson } from '../nouns/parse-json.ts'
import { MEASURED, readMeasured } from './read-event.ts'
import { readRatio, readRule } from './read-rule.ts'
import { at, type Fields, keysOf, Reading, type RuleProblem } from './reading.ts'
import type { Measure, Rule } from './rule.ts'

export type ParsedRule = { readonly ok: true; readonly rule: Rule } | { readonly ok: false; readonly problems: readonly RuleProblem[] }

export type ParsedMeasure =
  | { readonly ok: true; readonly measure: Measure }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] }

/**
 * Reads a rule out of parsed JSON: closed, bounded (32 levels, 500 conditions, lists of 10,000, texts of 1,000
 * characters) and frozen. Every problem names its path; nothing is guessed and nothing thrown.
 *
 * @example
 * ```ts
 * parseRule({ and: [{ trait: 'city', eqq: 'Paris' }] })
 * // { ok: false, problems: [{ path: 'and[0].eqq', message: "unknown key; did you mean 'eq'?" }, ...] }
 * ```
 */
export function parseRule(json: unknown): ParsedRule {
  const reading = new Reading()
  const rule = readRule(withoutVersion(json, reading), '', reading, 1)
  return rule !== undefined && reading.problems.length === 0 ? Object.freeze({ ok: true, rule }) : refused(reading)
}

/** Reads a measure as {@link parseRule} reads a rule. */
export function parseMeasure(json: unknown): ParsedMeasure {
  const reading = new Reading()
  const measure = readMeasure(withoutVersion(json, reading), reading)
  return measure !== undefined && reading.problems.length === 0 ? Object.freeze({ ok: true, measure }) : refused(reading)
}

/** The JSON of a rule or measure, with the version of the language. `parseRule` of it gives the rule back. */
export function printRule(rule: Rule | Measure): Properties {
  return parseJson<Properties>(JSON.stringify({ v: 1, ...rule }))
}

const refused = (reading: Reading) => Object.freeze({ ok: false as const, problems: Object.freeze([...reading.problems]) })

function withoutVersion(json: unknown, reading: Reading): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || !('v' in json)) return json
  const { v, ...rest } = json
  if (v !== undefined && v !== 1) reading.problem('v', `this version of Tenon reads version 1 of the rule language`)
  return rest
}

const MEASURES = ['event', 'ratio', 'trait', 'tag']

function readMeasure(json: unknown, reading: Reading): Measure | undefined {
  const fields = reading.fields(json, '')
  if (fields === undefined) return undefined
  const [kind, ...others] = keysOf(fields).filter((key) => MEASURES.includes(key))
  if (others.length > 0) return reading.problem('', `is several measures at once (${[kind, ...others].join(', ')})`)
  if (kind === 'event') return readMeasured(json, '', reading, 1)
  if (kind !== undefined) return readPlain(kind, fields, reading)
  reading.closed(fields, '', [...MEASURES, ...MEASURED])
  return reading.problem('', `is no measure: needs one of ${MEASURES.join(', ')}`)
}

function readPlain(kind: string, fields: Fields, reading: Reading): Measure | undefined {
  const known = reading.closed(fields, '', [kind])
  if (kind === 'ratio') {
    const ratio = readRatio(fields.ratio, at('', 'ratio'), reading, 1)
    return ratio === undefined || !known ? undefined : Object.freeze({ ratio })
  }
  const name = kind === 'trait' ? reading.path(fields.trait, 'trait') : reading.name(fields.tag, 'tag')
  if (name === undefined || !known) return undefined
  return Object.freeze(kind === 'trait' ? { trait: name } : { tag: name })
}
