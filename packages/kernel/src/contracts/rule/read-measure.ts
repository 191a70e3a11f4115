import { at, type Fields, type Reading } from './reading.ts'
import type { MeasureKind } from './rule.ts'

const WORDS = ['count', 'days', 'recency', 'streak'] as const
const OVER_PATHS = ['sum', 'avg', 'min', 'max', 'distinct', 'first', 'last'] as const
const KINDS = [...OVER_PATHS, 'top', 'nth'] as const

export function readKind(value: unknown, path: string, reading: Reading): MeasureKind | undefined {
  if (value === undefined || typeof value === 'string') {
    const word = WORDS.find((candidate) => candidate === value)
    return (
      word ?? reading.problem(path, `expected ${WORDS.map((one) => `'${one}'`).join(', ')} or an object with one of ${KINDS.join(', ')}`)
    )
  }
  const fields = reading.fields(value, path)
  if (fields === undefined) return undefined
  if (fields.top !== undefined) return readTop(fields, path, reading)
  if (fields.nth !== undefined) return readNth(fields, path, reading)
  const [kind, ...others] = OVER_PATHS.filter((candidate) => fields[candidate] !== undefined)
  const known = reading.closed(fields, path, KINDS)
  if (kind === undefined || others.length > 0) return reading.problem(path, `needs exactly one of ${KINDS.join(', ')}`)
  const over = reading.path(fields[kind], at(path, kind))
  return over === undefined || !known ? undefined : overPath(kind, over)
}

function overPath(kind: (typeof OVER_PATHS)[number], path: string): MeasureKind {
  switch (kind) {
    case 'sum':
      return Object.freeze({ sum: path })
    case 'avg':
      return Object.freeze({ avg: path })
    case 'min':
      return Object.freeze({ min: path })
    case 'max':
      return Object.freeze({ max: path })
    case 'distinct':
      return Object.freeze({ distinct: path })
    case 'first':
      return Object.freeze({ first: path })
    case 'last':
      return Object.freeze({ last: path })
  }
}

function readTop(fields: Fields, path: string, reading: Reading): MeasureKind | undefined {
  const known = reading.closed(fields, path, ['top', 'n', 'by'])
  const top = reading.path(fields.top, at(path, 'top'))
  const n = fields.n === undefined ? 1 : reading.integer(fields.n, at(path, 'n'), 1, 100)
  const by = fields.by === undefined || fields.by === 'count' ? 'count' : readTopBy(fields.by, at(path, 'by'), top, reading)
  if (top === undefined || n === undefined || by === undefined || !known) return undefined
  return Object.freeze({ top, ...(fields.n === undefined ? {} : { n }), ...(fields.by === undefined ? {} : { by }) })
}

function readTopBy(value: unknown, path: string, top: string | undefined, reading: Reading): { readonly sum: string } | undefined {
  const fields = reading.fields(value, path)
  if (fields === undefined || !reading.closed(fields, path, ['sum'])) return undefined
  const sum = reading.path(fields.sum, at(path, 'sum'))
  if (sum === undefined || top === undefined) return undefined
  const lists = listsOf(sum)
  const sameElements = lists === '' || lists === listsOf(top)
  if (!sameElements) return reading.problem(at(path, 'sum'), `must lie in the same list as '${top}', or in none`)
  return Object.freeze({ sum })
}

/** The part of a path up to its last list. */
export const listsOf = (path: string): string => path.slice(0, path.lastIndexOf('[]') + 1)

function readNth(fields: Fields, path: string, reading: Reading): MeasureKind | undefined {
  const known = reading.closed(fields, path, ['nth', 'of'])
  const nth = reading.integer(fields.nth, at(path, 'nth'), 1, 10_000)
  const of = reading.path(fields.of, at(path, 'of'))
  return nth === undefined || of === undefined || !known ? undefined : Object.freeze({ nth, of })
}
