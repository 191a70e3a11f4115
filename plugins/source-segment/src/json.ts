import type { Json, Properties } from '@tenon/kernel/contracts'

/** A JSON object: not null, not a list. */
export function isObject(value: Json | undefined): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** An own value; a name that JavaScript has on every object is not one. */
export function field(object: Properties, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}
