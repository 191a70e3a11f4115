import { COMPARISONS, readComparison } from './read-comparison.ts'
import { at, keysOf, type Reading } from './reading.ts'
import type { Where } from './rule.ts'

/** Within a sequence: reads `same`, which names a step before. */
export type ReadSame = (value: unknown, path: string) => string | undefined

export function readWheres(value: unknown, path: string, reading: Reading, depth: number, same?: ReadSame): readonly Where[] | undefined {
  return reading.each(value, path, (entry, at) => readWhere(entry, at, reading, depth + 1, same))
}

function readWhere(value: unknown, path: string, reading: Reading, depth: number, readSame: ReadSame | undefined): Where | undefined {
  if (!reading.enter(path, depth)) return undefined
  const fields = reading.fields(value, path)
  if (fields === undefined) return undefined
  const known = reading.closed(fields, path, ['property', ...COMPARISONS, ...(readSame === undefined ? [] : ['same'])])
  const property = reading.path(fields.property, at(path, 'property'))
  if (readSame !== undefined && fields.same !== undefined) {
    const other = keysOf(fields).find((key) => COMPARISONS.includes(key))
    if (other !== undefined) return reading.problem(path, `has several comparisons (same, ${other}), needs exactly one`)
    const same = readSame(fields.same, at(path, 'same'))
    return property === undefined || same === undefined || !known ? undefined : Object.freeze({ property, same })
  }
  const comparison = readComparison(fields, path, reading)
  return property === undefined || comparison === undefined || !known ? undefined : Object.freeze({ property, ...comparison })
}
