import type { Json, Properties } from '@tenon/kernel/contracts'

/** A JSON object: not null, not a list. */
export function isObject(value: Json | undefined): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** A member. The names that are asked for are none that every object has, so this is a plain read: it runs some thirty times an event. */
export function field(object: Properties, name: string): Json | undefined {
  return object[name]
}
