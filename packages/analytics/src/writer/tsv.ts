/**
 * Cells of the engine's tab-separated format. Text becomes UTF-8 later, which turns a lone surrogate into U+FFFD; nothing else
 * of a string is lost, NUL included.
 */

/** What the engine can hold in a DateTime64(3). Instants outside are moved to the nearer end. */
export const earliest: Date = Object.freeze(new Date('1900-01-01T00:00:00.000Z'))
export const latest: Date = Object.freeze(new Date('2299-12-31T23:59:59.999Z'))

const FIRST = earliest.getTime()
const LAST = latest.getTime()

const escapes: Readonly<Record<string, string>> = Object.freeze({
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
  "'": "\\'",
})

const special = /[\\\t\n\r\0\b\f]/
const specials = /[\\\t\n\r\0\b\f]/g
const quotables = /[\\'\t\n\r\0\b\f]/g

const escaped = (character: string): string => escapes[character] ?? character

export const text = (value: string): string => (special.test(value) ? value.replace(specials, escaped) : value)

export const texts = (values: readonly string[]): string => `[${values.map(quoted).join(',')}]`

/** Identifiers as an array of tuples. */
export const named = (values: readonly { readonly type: string; readonly value: string }[]): string =>
  `[${values.map(({ type, value }) => `(${quoted(type)},${quoted(value)})`).join(',')}]`

const quoted = (value: string): string => `'${value.replace(quotables, escaped)}'`

const LONE_SURROGATE = /\\ud[89a-f]/
const LONG_NUMBER = /\d{19}/
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e[+-]\d+)?/g

/**
 * JSON text. It has no raw control characters, so only backslashes are special. A lone surrogate becomes U+FFFD, and a whole
 * number of 64 bits or more is written with an exponent: the engine would refuse to read anything of the object.
 */
export function json(value: object): string {
  if (isEmpty(value)) return Array.isArray(value) ? '[]' : '{}'
  const encoded = JSON.stringify(value)
  const wellFormedText = LONE_SURROGATE.test(encoded) ? JSON.stringify(wellFormed(value)) : encoded
  const sound = LONG_NUMBER.test(wellFormedText) ? wellFormedText.replaceAll(STRING_OR_NUMBER, withExponent) : wellFormedText
  return sound.includes('\\') ? sound.replaceAll('\\', '\\\\') : sound
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false
  return true
}

const withExponent = (token: string): string => (/^-?\d{19,}$/.test(token) ? Number(token).toExponential() : token)

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), wellFormed(member)]))
}

/** The date must be one: whoever writes rows has looked. By its parts, which is several times faster than by its ISO form. */
export function dateTime(value: Date): string {
  const ms = value.getTime()
  const date = ms < FIRST ? earliest : ms > LAST ? latest : value
  const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
  const fraction = date.getUTCMilliseconds()
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  return `${day} ${time}.${fraction < 100 ? '0' : ''}${two(fraction)}`
}

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)
