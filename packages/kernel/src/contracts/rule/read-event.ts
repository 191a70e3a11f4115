import { readKind } from './read-measure.ts'
import { readWheres } from './read-where.ts'
import { readWindow } from './read-window.ts'
import { at, type Fields, type Reading } from './reading.ts'
import type { Measured } from './rule.ts'

/** The keys of a measured event, beside those of a comparison. */
export const MEASURED: readonly string[] = Object.freeze(['event', 'where', 'measure', 'within'])

/** The parts of a measured event out of fields that may hold a comparison too; the caller has checked for unknown keys. */
export function readMeasuredParts(fields: Fields, path: string, reading: Reading, depth: number): Measured | undefined {
  const event = reading.name(fields.event, at(path, 'event'))
  const measure = readKind(fields.measure, at(path, 'measure'), reading)
  const where = fields.where === undefined ? [] : readWheres(fields.where, at(path, 'where'), reading, depth)
  const within = fields.within === undefined ? 'always' : readWindow(fields.within, at(path, 'within'), reading, depth)
  if (event === undefined || measure === undefined || where === undefined || within === undefined) return undefined
  return { event, ...(fields.where === undefined ? {} : { where }), measure, ...(within === 'always' ? {} : { within }) }
}

/** A measured event that stands alone: no comparison beside it. */
export function readMeasured(value: unknown, path: string, reading: Reading, depth: number): Measured | undefined {
  if (!reading.enter(path, depth)) return undefined
  const fields = reading.fields(value, path)
  if (fields === undefined) return undefined
  const known = reading.closed(fields, path, MEASURED)
  const measured = readMeasuredParts(fields, path, reading, depth)
  return measured === undefined || !known ? undefined : Object.freeze(measured)
}
