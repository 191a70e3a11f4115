import { at, type Fields, keysOf, type Reading } from './reading.ts'
import type { Comparison, Scalar } from './rule.ts'

type Read = (value: unknown, path: string, reading: Reading) => Comparison | undefined

const made = <T>(value: T | undefined, make: (value: T) => Comparison): Comparison | undefined =>
  value === undefined ? undefined : Object.freeze(make(value))

function scalar(value: unknown, path: string, reading: Reading): Scalar | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return reading.number(value, path)
  if (typeof value === 'string') return reading.text(value, path)
  return reading.problem(path, 'expected a text, a number, true or false')
}

const scalars = (value: unknown, path: string, reading: Reading): readonly Scalar[] | undefined =>
  reading.each(value, path, (entry, at) => scalar(entry, at, reading))

function range(value: unknown, path: string, reading: Reading): readonly [number, number] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return reading.problem(path, 'expected two numbers: [from, to]')
  const from = reading.number(value[0], `${path}[0]`)
  const to = reading.number(value[1], `${path}[1]`)
  if (from === undefined || to === undefined) return undefined
  return from <= to ? Object.freeze([from, to] as const) : reading.problem(path, 'the first number must not be above the second')
}

/** A part of nothing is part of everything: an empty one is a mistake. */
const readers: Readonly<Record<string, Read>> = {
  eq: (value, path, reading) => made(scalar(value, path, reading), (eq) => ({ eq })),
  ne: (value, path, reading) => made(scalar(value, path, reading), (ne) => ({ ne })),
  in: (value, path, reading) => made(scalars(value, path, reading), (list) => ({ in: list })),
  notIn: (value, path, reading) => made(scalars(value, path, reading), (notIn) => ({ notIn })),
  gt: (value, path, reading) => made(reading.number(value, path), (gt) => ({ gt })),
  gte: (value, path, reading) => made(reading.number(value, path), (gte) => ({ gte })),
  lt: (value, path, reading) => made(reading.number(value, path), (lt) => ({ lt })),
  lte: (value, path, reading) => made(reading.number(value, path), (lte) => ({ lte })),
  between: (value, path, reading) => made(range(value, path, reading), (between) => ({ between })),
  contains: (value, path, reading) => made(reading.name(value, path), (contains) => ({ contains })),
  startsWith: (value, path, reading) => made(reading.name(value, path), (startsWith) => ({ startsWith })),
  endsWith: (value, path, reading) => made(reading.name(value, path), (endsWith) => ({ endsWith })),
  exists: (value, path, reading) =>
    typeof value === 'boolean' ? Object.freeze({ exists: value }) : reading.problem(path, 'expected true or false'),
  before: (value, path, reading) => made(reading.instant(value, path), (before) => ({ before })),
  after: (value, path, reading) => made(reading.instant(value, path), (after) => ({ after })),
  last: (value, path, reading) => made(reading.duration(value, path), (last) => ({ last })),
  notLast: (value, path, reading) => made(reading.duration(value, path), (notLast) => ({ notLast })),
}

export const COMPARISONS: readonly string[] = Object.freeze(Object.keys(readers))

/** The one comparison among the fields of a condition. */
export function readComparison(fields: Fields, path: string, reading: Reading): Comparison | undefined {
  const [key, ...others] = keysOf(fields).filter((candidate) => COMPARISONS.includes(candidate))
  if (key === undefined) return reading.problem(path, `needs a comparison: one of ${COMPARISONS.join(', ')}`)
  if (others.length > 0) return reading.problem(path, `has several comparisons (${[key, ...others].join(', ')}), needs exactly one`)
  return readers[key]?.(fields[key], at(path, key), reading)
}
