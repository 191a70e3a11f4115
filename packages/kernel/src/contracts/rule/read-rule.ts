import { COMPARISONS, readComparison } from './read-comparison.ts'
import { MEASURED, readMeasured, readMeasuredParts } from './read-event.ts'
import { readSequence } from './read-sequence.ts'
import { at, type Fields, keysOf, type Reading, RULE_LIMITS } from './reading.ts'
import type { Measured, Rule } from './rule.ts'

type Read = (fields: Fields, path: string, reading: Reading, depth: number) => Rule | undefined

const PURPOSE = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/

/** One reader for each kind of rule, by the key that tells the kind. */
const readers: Readonly<Record<string, Read>> = {
  always(fields, path, reading) {
    const known = reading.closed(fields, path, ['always'])
    if (fields.always !== true) return reading.problem(at(path, 'always'), 'expected true')
    return known ? Object.freeze({ always: true }) : undefined
  },
  and(fields, path, reading, depth) {
    const and = readAll(fields, 'and', path, reading, depth)
    return and === undefined ? undefined : Object.freeze({ and })
  },
  or(fields, path, reading, depth) {
    const or = readAll(fields, 'or', path, reading, depth)
    return or === undefined ? undefined : Object.freeze({ or })
  },
  not(fields, path, reading, depth) {
    const known = reading.closed(fields, path, ['not'])
    const not = readRule(fields.not, at(path, 'not'), reading, depth + 1)
    return not === undefined || !known ? undefined : Object.freeze({ not })
  },
  trait(fields, path, reading) {
    const known = reading.closed(fields, path, ['trait', ...COMPARISONS])
    const trait = reading.path(fields.trait, at(path, 'trait'))
    const comparison = readComparison(fields, path, reading)
    return trait === undefined || comparison === undefined || !known ? undefined : Object.freeze({ trait, ...comparison })
  },
  tag(fields, path, reading) {
    const known = reading.closed(fields, path, ['tag', ...COMPARISONS])
    const tag = reading.name(fields.tag, at(path, 'tag'))
    const comparison = readComparison(fields, path, reading)
    return tag === undefined || comparison === undefined || !known ? undefined : Object.freeze({ tag, ...comparison })
  },
  segment(fields, path, reading) {
    const known = reading.closed(fields, path, ['segment'])
    const segment = reading.name(fields.segment, at(path, 'segment'))
    return segment === undefined || !known ? undefined : Object.freeze({ segment })
  },
  consent(fields, path, reading) {
    const known = reading.closed(fields, path, ['consent'])
    const consent = reading.name(fields.consent, at(path, 'consent'))
    if (consent === undefined || !known) return undefined
    const written = PURPOSE.test(consent)
    return written ? Object.freeze({ consent }) : reading.problem(at(path, 'consent'), `expected a purpose such as 'marketing.email'`)
  },
  bucket(fields, path, reading) {
    const known = reading.closed(fields, path, ['bucket'])
    const bucket = readBucket(fields.bucket, at(path, 'bucket'), reading)
    return bucket === undefined || !known ? undefined : Object.freeze({ bucket })
  },
  event(fields, path, reading, depth) {
    const known = reading.closed(fields, path, [...MEASURED, ...COMPARISONS])
    const measured = readMeasuredParts(fields, path, reading, depth)
    const comparison = readComparison(fields, path, reading)
    return measured === undefined || comparison === undefined || !known ? undefined : Object.freeze({ ...measured, ...comparison })
  },
  ratio(fields, path, reading, depth) {
    const known = reading.closed(fields, path, ['ratio', ...COMPARISONS])
    const ratio = readRatio(fields.ratio, at(path, 'ratio'), reading, depth)
    const comparison = readComparison(fields, path, reading)
    return ratio === undefined || comparison === undefined || !known ? undefined : Object.freeze({ ratio, ...comparison })
  },
  sequence: readSequence,
}

const KINDS = Object.keys(readers)

export function readRule(value: unknown, path: string, reading: Reading, depth: number): Rule | undefined {
  if (!reading.enter(path, depth)) return undefined
  const fields = reading.fields(value, path)
  if (fields === undefined) return undefined
  const [kind, ...others] = keysOf(fields).filter((key) => KINDS.includes(key))
  if (kind === undefined) {
    reading.closed(fields, path, [...KINDS, ...MEASURED, ...COMPARISONS])
    return reading.problem(path, `is no rule: needs one of ${KINDS.join(', ')}`)
  }
  if (others.length > 0)
    return reading.problem(path, `is several rules at once (${[kind, ...others].join(', ')}): join them with 'and' or 'or'`)
  return readers[kind]?.(fields, path, reading, depth)
}

function readAll(fields: Fields, key: 'and' | 'or', path: string, reading: Reading, depth: number): readonly Rule[] | undefined {
  const known = reading.closed(fields, path, [key])
  const read = (entry: unknown, at: string) => readRule(entry, at, reading, depth + 1)
  const rules = reading.each(fields[key], at(path, key), read, RULE_LIMITS.nodes)
  return known ? rules : undefined
}

export function readRatio(value: unknown, path: string, reading: Reading, depth: number): readonly [Measured, Measured] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return reading.problem(path, 'expected two measured events: [of, by]')
  const over = readMeasured(value[0], `${path}[0]`, reading, depth + 1)
  const by = readMeasured(value[1], `${path}[1]`, reading, depth + 1)
  return over === undefined || by === undefined ? undefined : Object.freeze([over, by] as const)
}

function readBucket(value: unknown, path: string, reading: Reading) {
  const fields = reading.fields(value, path)
  if (fields === undefined) return undefined
  const known = reading.closed(fields, path, ['salt', 'from', 'to'])
  const salt = reading.name(fields.salt, at(path, 'salt'))
  const from = reading.number(fields.from, at(path, 'from'))
  const to = reading.number(fields.to, at(path, 'to'))
  if (salt === undefined || from === undefined || to === undefined || !known) return undefined
  const share = from >= 0 && from < to && to <= 1
  return share ? Object.freeze({ salt, from, to }) : reading.problem(path, 'expected 0 ≤ from < to ≤ 1')
}
