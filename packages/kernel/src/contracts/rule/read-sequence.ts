import { type ReadSame, readWheres } from './read-where.ts'
import { readWindow } from './read-window.ts'
import { at, type Fields, type Reading } from './reading.ts'
import type { NeverBetween, Rule, SequenceStep } from './rule.ts'

type Sequence = Extract<Rule, { readonly sequence: unknown }>

const STEPS = 16
const STEP_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/

export function readSequence(fields: Fields, path: string, reading: Reading, depth: number): Sequence | undefined {
  const known = reading.closed(fields, path, ['sequence', 'never', 'within'])
  const names: string[] = []
  const sequence = reading.each(fields.sequence, at(path, 'sequence'), (step, at) => readStep(step, at, reading, depth, names), STEPS)
  const readOne = (value: unknown, at: string) => readNever(value, at, reading, depth, names)
  const never = fields.never === undefined ? [] : reading.each(fields.never, at(path, 'never'), readOne, STEPS)
  const within = fields.within === undefined ? undefined : (readWindow(fields.within, at(path, 'within'), reading, depth) ?? null)
  if (sequence === undefined || never === undefined || within === null || !known) return undefined
  return Object.freeze({ sequence, ...(fields.never === undefined ? {} : { never }), ...(within === undefined ? {} : { within }) })
}

const sameAs =
  (names: readonly string[], reading: Reading): ReadSame =>
  (value, path) => {
    const text = reading.path(value, path)
    if (text === undefined) return undefined
    const [step = '', ...rest] = text.split('.')
    if (rest.length === 0) return reading.problem(path, `expected the name of a step and a path: 'add.cart_id'`)
    return names.includes(step) ? text : reading.problem(path, `no step before is named '${step}'`)
  }

function readStep(value: unknown, path: string, reading: Reading, depth: number, names: string[]): SequenceStep | undefined {
  if (!reading.enter(path, depth + 1)) return undefined
  const fields = reading.fields(value, path)
  if (fields === undefined) return undefined
  const known = reading.closed(fields, path, ['event', 'as', 'within', 'where'])
  const event = reading.name(fields.event, at(path, 'event'))
  const within = fields.within === undefined ? '' : reading.duration(fields.within, at(path, 'within'))
  const where =
    fields.where === undefined ? [] : readWheres(fields.where, at(path, 'where'), reading, depth + 1, sameAs([...names], reading))
  const as = fields.as === undefined ? '' : readStepName(fields.as, at(path, 'as'), reading, names)
  if (event === undefined || within === undefined || where === undefined || as === undefined || !known) return undefined
  return Object.freeze({
    event,
    ...(as === '' ? {} : { as }),
    ...(within === '' ? {} : { within }),
    ...(fields.where === undefined ? {} : { where }),
  })
}

function readStepName(value: unknown, path: string, reading: Reading, names: string[]): string | undefined {
  if (typeof value !== 'string' || !STEP_NAME.test(value)) return reading.problem(path, 'expected a name of letters, digits, - and _')
  if (value === 'end') return reading.problem(path, `'end' is the last step already`)
  if (names.includes(value)) return reading.problem(path, `another step is named '${value}'`)
  names.push(value)
  return value
}

function readNever(value: unknown, path: string, reading: Reading, depth: number, names: readonly string[]): NeverBetween | undefined {
  if (!reading.enter(path, depth + 1)) return undefined
  const fields = reading.fields(value, path)
  if (fields === undefined) return undefined
  const known = reading.closed(fields, path, ['event', 'where', 'between'])
  const event = reading.name(fields.event, at(path, 'event'))
  const where = fields.where === undefined ? [] : readWheres(fields.where, at(path, 'where'), reading, depth + 1, sameAs(names, reading))
  const between = readBetween(fields.between, at(path, 'between'), reading, [...names, 'end'])
  if (event === undefined || where === undefined || between === undefined || !known) return undefined
  return Object.freeze({ event, ...(fields.where === undefined ? {} : { where }), between })
}

function readBetween(value: unknown, path: string, reading: Reading, names: readonly string[]): readonly [string, string] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return reading.problem(path, `expected the names of two steps: ['add', 'end']`)
  const from = reading.oneOf(value[0], `${path}[0]`, names)
  const to = reading.oneOf(value[1], `${path}[1]`, names)
  if (from === undefined || to === undefined) return undefined
  return names.indexOf(from) < names.indexOf(to)
    ? Object.freeze([from, to] as const)
    : reading.problem(path, `'${from}' must come before '${to}'`)
}
