import { readWheres } from './read-where.ts'
import { at, type Fields, type Reading } from './reading.ts'
import type { Window } from './rule.ts'

export function readWindow(value: unknown, path: string, reading: Reading, depth: number): Window | undefined {
  const fields = reading.fields(value, path)
  if (fields === undefined) return undefined
  const [kind] = ['last', 'days', 'since'].filter((key) => fields[key] !== undefined)
  if (kind === 'last') return readLast(fields, path, reading)
  if (kind === 'days') return readDays(fields, path, reading)
  if (kind === 'since') return readSince(fields, path, reading, depth)
  return readSpan(fields, path, reading)
}

function readLast(fields: Fields, path: string, reading: Reading): Window | undefined {
  const known = reading.closed(fields, path, ['last'])
  const last = reading.duration(fields.last, at(path, 'last'))
  return last === undefined || !known ? undefined : Object.freeze({ last })
}

function readDays(fields: Fields, path: string, reading: Reading): Window | undefined {
  const known = reading.closed(fields, path, ['days', 'zone'])
  const days = reading.integer(fields.days, at(path, 'days'), 1, 36_525)
  const zone = fields.zone === undefined ? 'workspace' : reading.oneOf(fields.zone, at(path, 'zone'), ['workspace', 'profile'])
  if (days === undefined || zone === undefined || !known) return undefined
  return Object.freeze({ days, ...(fields.zone === undefined ? {} : { zone }) })
}

function readSpan(fields: Fields, path: string, reading: Reading): Window | undefined {
  if (!reading.closed(fields, path, ['last', 'days', 'from', 'to', 'since', 'zone'])) return undefined
  if (fields.zone !== undefined) return reading.problem(at(path, 'zone'), `belongs to 'days'`)
  if (fields.from === undefined && fields.to === undefined) return reading.problem(path, 'needs one of last, days, from, to, since')
  const from = fields.from === undefined ? '' : reading.instant(fields.from, at(path, 'from'))
  const to = fields.to === undefined ? '' : reading.instant(fields.to, at(path, 'to'))
  if (from === undefined || to === undefined) return undefined
  return Object.freeze({ ...(from === '' ? {} : { from }), ...(to === '' ? {} : { to }) })
}

function readSince(fields: Fields, path: string, reading: Reading, depth: number): Window | undefined {
  const known = reading.closed(fields, path, ['since'])
  const inner = at(path, 'since')
  const since = reading.fields(fields.since, inner)
  if (since === undefined || !known) return undefined
  if (since.trait !== undefined) {
    const closed = reading.closed(since, inner, ['trait'])
    const trait = reading.path(since.trait, at(inner, 'trait'))
    if (trait?.includes('[]')) return reading.problem(at(inner, 'trait'), 'must lead to one date, not through a list')
    return trait === undefined || !closed ? undefined : Object.freeze({ since: Object.freeze({ trait }) })
  }
  const closed = reading.closed(since, inner, ['trait', 'event', 'where'])
  const event = reading.name(since.event, at(inner, 'event'))
  const where = since.where === undefined ? [] : readWheres(since.where, at(inner, 'where'), reading, depth)
  if (event === undefined || where === undefined || !closed) return undefined
  return Object.freeze({ since: Object.freeze({ event, ...(since.where === undefined ? {} : { where }) }) })
}
