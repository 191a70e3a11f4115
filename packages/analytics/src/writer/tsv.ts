import { parseJson } from '@tenon/kernel/contracts'

/**
 * Cells of the engine's tab-separated format. Text becomes UTF-8 later, which turns a lone surrogate into U+FFFD; nothing else
 * of a string is lost, NUL included.
 */

/** What the engine can hold in a DateTime64(3). Instants outside are moved to the nearer end. */
export const earliest: Date = Object.freeze(new Date('1900-01-01T00:00:00.000Z'))
export const latest: Date = Object.freeze(new Date('2299-12-31T23:59:59.999Z'))

const FIRST = earliest.getTime()
const LAST = latest.getTime()

/** The milliseconds of an instant, within what the engine can hold. */
export const millisOf = (at: Date): number => Math.min(Math.max(at.getTime(), FIRST), LAST)

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
const quotable = /[\\'\t\n\r\0\b\f]/
const quotables = /[\\'\t\n\r\0\b\f]/g

const escaped = (character: string): string => escapes[character] ?? character

export const text = (value: string): string => (special.test(value) ? value.replace(specials, escaped) : value)

export const texts = (values: readonly string[]): string => `[${values.map(quoted).join(',')}]`

/** Identifiers as an array of tuples. */
export function named(values: readonly { readonly type: string; readonly value: string }[]): string {
  let cells = ''
  for (const { type, value } of values) cells += `${cells === '' ? '' : ','}(${quoted(type)},${quoted(value)})`
  return `[${cells}]`
}

/** Tuples of texts. */
export const tuples = (values: readonly (readonly string[])[]): string =>
  `[${values.map((cells) => `(${cells.map(quoted).join(',')})`).join(',')}]`

const quoted = (value: string): string => `'${quotable.test(value) ? value.replace(quotables, escaped) : value}'`

const LONE_SURROGATE = /\\ud[89a-f]/
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e[+-]\d+)?/g

/** The cell of a value as JSON. */
export const json = (value: object): string => jsonText(JSON.stringify(value))

/**
 * The cell of JSON that `JSON.stringify` wrote. It has no raw control characters, so only backslashes are special. A lone surrogate
 * becomes U+FFFD, and a whole number of 64 bits or more is written with an exponent: the engine would refuse to read anything of the object.
 */
export function jsonText(encoded: string): string {
  const isEscaped = encoded.includes('\\')
  const wellFormedText = isEscaped && LONE_SURROGATE.test(encoded) ? JSON.stringify(wellFormed(parseJson(encoded))) : encoded
  const sound = hasLongNumber(wellFormedText) ? wellFormedText.replaceAll(STRING_OR_NUMBER, withExponent) : wellFormedText
  return isEscaped ? sound.replaceAll('\\', '\\\\') : sound
}

const LONG = 19

/** Whether so many digits follow one another. Looks at every nineteenth character: a long number can not pass between two of them. */
function hasLongNumber(encoded: string): boolean {
  for (let at = LONG - 1; at < encoded.length; at += LONG) {
    if (!isDigit(encoded, at)) continue
    let from = at
    let to = at + 1
    while (isDigit(encoded, from - 1)) from -= 1
    while (isDigit(encoded, to)) to += 1
    if (to - from >= LONG) return true
  }
  return false
}

function isDigit(encoded: string, at: number): boolean {
  const code = encoded.charCodeAt(at)
  return code >= 0x30 && code <= 0x39
}

const withExponent = (token: string): string => (/^-?\d{19,}$/.test(token) ? Number(token).toExponential() : token)

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), wellFormed(member)]))
}

/** Nearly all instants of a batch are of one day. */
let lastDay = { days: Number.NaN, text: '' }

/** The date must be one: whoever writes rows has looked. By arithmetic, which is many times faster than by its ISO form. */
export function dateTime(value: Date): string {
  const ms = millisOf(value)
  const days = Math.floor(ms / DAY_MS)
  const time = ms - days * DAY_MS
  const fraction = time % 1_000
  const seconds = (time - fraction) / 1_000
  const minutes = Math.floor(seconds / 60)
  const clock = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}`
  if (days !== lastDay.days) lastDay = { days, text: day(days) }
  return `${lastDay.text} ${clock}.${fraction < 100 ? '0' : ''}${two(fraction)}`
}

const DAY_MS = 86_400_000
const DAYS_FROM_MARCH_OF_YEAR_0 = 719_468
const DAYS_IN_400_YEARS = 146_097

/** A day counted from 1970 in the Gregorian calendar. Years begin in March, so that a leap day is the last of its year. */
function day(since1970: number): string {
  const days = since1970 + DAYS_FROM_MARCH_OF_YEAR_0
  const era = Math.floor(days / DAYS_IN_400_YEARS)
  const ofEra = days - era * DAYS_IN_400_YEARS
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365)
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * ofYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${year}-${two(month)}-${two(ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1)}`
}

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)
