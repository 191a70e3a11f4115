import type { Json } from '@tenon/kernel/contracts'
import { isList, isObject } from './json.ts'

/** Deeper than any real event; the station allows no more either. */
export const MAX_DEPTH = 64

/** A character is at most six bytes of JSON: `\u0001`. */
const BYTES_PER_CHARACTER = 6
const BYTES_PER_SCALAR = 24

/**
 * An upper bound of the bytes of JSON, in one cheap walk: infinite when nested deeper than MAX_DEPTH, NaN when it holds a
 * number that is beyond all numbers (`1e999`), which would be lost.
 */
export function sizeBound(value: Json, depth = 0): number {
  if (typeof value === 'string') return value.length * BYTES_PER_CHARACTER + 2
  if (typeof value === 'number') return Number.isFinite(value) ? BYTES_PER_SCALAR : Number.NaN
  if (depth > MAX_DEPTH) return Number.POSITIVE_INFINITY
  let bytes = 2
  if (isList(value)) {
    for (const item of value) bytes += sizeBound(item, depth + 1) + 1
    return bytes
  }
  if (!isObject(value)) return BYTES_PER_SCALAR
  for (const key in value) bytes += key.length * BYTES_PER_CHARACTER + 4 + sizeBound(value[key] ?? null, depth + 1)
  return bytes
}

/** The exact bytes of JSON. Only for values whose bound is finite. */
export const exactSize = (value: Json): number => Buffer.byteLength(JSON.stringify(value))
