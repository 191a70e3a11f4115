import type { Json, Properties } from '@tenon/kernel/contracts'
import { isList, isObject } from './json.ts'

/**
 * The value without what stores can not keep: halves of surrogate pairs and NUL become U+FFFD. Keys named `__proto__`
 * are left out, so that no later copy can trip over them. Only for values of bounded depth.
 */
export function clean(value: Json): Json {
  if (typeof value === 'string') return printable(value)
  if (isList(value)) return value.map(clean)
  return isObject(value) ? cleanObject(value) : value
}

export function cleanObject(object: Properties): Properties {
  const kept = Object.entries(object).filter(([key]) => key !== '__proto__')
  return Object.fromEntries(kept.map(([key, value]) => [printable(key), clean(value)]))
}

const printable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\ufffd')
