import type { Json } from '@tenon/kernel/contracts'

/** Deeper parts of a JSON value are cut off: Postgres gives up on deep nesting with an error. */
export const MAX_JSON_DEPTH = 128

declare const stored: unique symbol
/** JSON text that Postgres takes. Columns of type jsonb accept nothing else, so that no value can pass by this file. */
export type JsonText = string & { readonly [stored]: true }

/**
 * Any text as Postgres can keep it. It has no NUL and no halves of surrogate pairs; both become U+FFFD, as they do in
 * every lenient decoder.
 */
export function storableText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '\ufffd') : whole
}

/**
 * Any value as jsonb can keep it: texts and keys as `storableText` makes them, what JSON does not know as `JSON.stringify`
 * treats it, and what is nested deeper than 128 levels as null. Never throws for a JSON value.
 */
export function storableJson(value: unknown): JsonText {
  // The text of a harmless value is harmless: escapes stand in it only where the value holds such a character (or a text that looks so).
  if (isShallow(value, MAX_JSON_DEPTH)) {
    const text = JSON.stringify(value) ?? 'null'
    if (!SUSPICIOUS.test(text)) return text as JsonText
  }
  return JSON.stringify(sound(toJson(value), MAX_JSON_DEPTH)) as JsonText
}

const SUSPICIOUS = /\\u(?:0000|d[89a-f])/i

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  for (const part of Array.isArray(value) ? value : Object.values(value)) if (!isShallow(part, depth - 1)) return false
  return true
}

/** What `toJSON` says (dates), without recursion into the rest. */
const toJson = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON() : value

function sound(value: unknown, depth: number): Json | undefined {
  switch (typeof value) {
    case 'string':
      return storableText(value)
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'object':
      break
    default:
      return undefined
  }
  if (value === null || depth === 0) return null
  if (Array.isArray(value)) return value.map((part) => sound(toJson(part), depth - 1) ?? null)
  // `fromEntries` makes own properties, also of `__proto__`.
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => {
      const kept = sound(toJson(part), depth - 1)
      return kept === undefined ? [] : [[storableText(key), kept]]
    }),
  )
}
