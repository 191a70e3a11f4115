import type { Json, Properties } from '../nouns/json.ts'

/** Deeper than any client sends, shallow enough for every recursive reader behind us. */
const MAX_DEPTH = 64

/** Plain JSON and nothing else: what it says survives being written and read again. Runs over every value of every event, so it makes nothing. */
export function isJson(value: unknown, depth = 0): value is Json {
  if (depth > MAX_DEPTH) return false
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) {
    for (const entry of value) if (!isJson(entry, depth + 1)) return false
    return true
  }
  if (!isPlainObject(value)) return false
  for (const key in value) {
    // What it inherits is not written.
    if (Object.hasOwn(value, key) && !isJson(value[key as keyof typeof value], depth + 1)) return false
  }
  return true
}

/** A JSON object. */
export function isProperties(value: unknown): value is Properties {
  return isPlainObject(value) && isJson(value)
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}
