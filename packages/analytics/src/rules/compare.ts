import { type Comparison, durationMs, instantOf, type Scalar } from '@tenon/kernel/contracts'
import { dateOf, isKnown, isText, type Leaves, numberOf, textOf } from './json-sql.ts'
import type { Scan } from './scan.ts'

/** A value of a person, or of an event: JSON text that is empty where missing, or a number that is null there. */
export type Value = ({ readonly kind: 'json' } & Leaves) | { readonly kind: 'number'; readonly sql: string }

/** Three-valued: null where the value is missing, unless the comparison asks for just that. */
export function compare(value: Value, comparison: Comparison, scan: Scan): string {
  const operator = value.kind === 'number' ? ordered(comparison) : undefined
  if (operator !== undefined) return `${value.sql} ${operator[0]} ${scan.bind('Float64', operator[1])}`
  const known = knownSql(value)
  if ('exists' in comparison) return comparison.exists ? known : `NOT ${known}`
  return `if(${known}, ${holdsSql(value, comparison, scan)}, NULL)`
}

/** The operator and number of a plain comparison: those of SQL are three-valued themselves. */
function ordered(comparison: Comparison): readonly [string, number] | undefined {
  if ('gt' in comparison) return ['>', comparison.gt]
  if ('gte' in comparison) return ['>=', comparison.gte]
  if ('lt' in comparison) return ['<', comparison.lt]
  if ('lte' in comparison) return ['<=', comparison.lte]
  return 'eq' in comparison && isNumber(comparison.eq) ? ['=', comparison.eq] : undefined
}

/** Two-valued, for conditions on an event: missing does not hold, unless the comparison asks for just that. */
export function holds(value: Value, comparison: Comparison, scan: Scan): string {
  return 'exists' in comparison ? compare(value, comparison, scan) : holdsSql(value, comparison, scan)
}

function knownSql(value: Value): string {
  if (value.kind === 'number') return `isNotNull(${value.sql})`
  return value.many ? `arrayExists(x -> ${isKnown('x')}, ${value.sql})` : isKnown(value.sql)
}

type Compared = Exclude<Comparison, { readonly exists: boolean }>

function holdsSql(value: Value, comparison: Compared, scan: Scan): string {
  if (value.kind === 'number') return ofNumber(value.sql, comparison, scan)
  return value.many ? `arrayExists(x -> ${ofJson('x', comparison, scan)}, ${value.sql})` : ofJson(value.sql, comparison, scan)
}

const NEVER = '0'

const isNumber = (value: Scalar): value is number => typeof value === 'number'
const isString = (value: Scalar): value is string => typeof value === 'string'

/** Of a number, or of null: then null may come out too, and the caller knows. */
function ofNumber(number: string, comparison: Compared, scan: Scan): string {
  const bind = (value: Scalar): string | undefined => (isNumber(value) ? scan.bind('Float64', value) : undefined)
  const against = (operator: string, value: Scalar): string => {
    const bound = bind(value)
    return bound === undefined ? NEVER : `ifNull(${number} ${operator} ${bound}, 0)`
  }
  if ('eq' in comparison) return against('=', comparison.eq)
  if ('ne' in comparison) return against('!=', comparison.ne)
  if ('gt' in comparison) return against('>', comparison.gt)
  if ('gte' in comparison) return against('>=', comparison.gte)
  if ('lt' in comparison) return against('<', comparison.lt)
  if ('lte' in comparison) return against('<=', comparison.lte)
  if ('between' in comparison) return `(${against('>=', comparison.between[0])} AND ${against('<=', comparison.between[1])})`
  if ('in' in comparison) return among(number, comparison.in.filter(isNumber), 'IN', scan)
  if ('notIn' in comparison) return among(number, comparison.notIn.filter(isNumber), 'NOT IN', scan)
  return NEVER
}

const among = (number: string, list: readonly number[], operator: 'IN' | 'NOT IN', scan: Scan): string =>
  list.length === 0 ? NEVER : `(isNotNull(${number}) AND assumeNotNull(${number}) ${operator} ${scan.bind('Array(Float64)', list)})`

function ofJson(json: string, comparison: Compared, scan: Scan): string {
  if ('eq' in comparison) return equal(json, comparison.eq, scan)
  if ('ne' in comparison) return different(json, comparison.ne, scan)
  if ('in' in comparison) return inList(json, comparison.in, 'IN', scan)
  if ('notIn' in comparison) return inList(json, comparison.notIn, 'NOT IN', scan)
  if ('contains' in comparison) return contains(json, comparison.contains, scan)
  if ('startsWith' in comparison) return `(${isText(json)} AND startsWith(${textOf(json)}, ${scan.bind('String', comparison.startsWith)}))`
  if ('endsWith' in comparison) return `(${isText(json)} AND endsWith(${textOf(json)}, ${scan.bind('String', comparison.endsWith)}))`
  if ('before' in comparison) return ofDate(json, `< ${instantSql(comparison.before, scan)}`, scan)
  if ('after' in comparison) return ofDate(json, `> ${instantSql(comparison.after, scan)}`, scan)
  if ('last' in comparison) return lately(json, comparison.last, scan)
  if ('notLast' in comparison) return `(isNotNull(${dateOf(json, scan)}) AND NOT ${lately(json, comparison.notLast, scan)})`
  return ofNumber(numberOf(json), comparison, scan)
}

function equal(json: string, value: Scalar, scan: Scan): string {
  if (typeof value === 'boolean') return `${json} = '${value}'`
  if (typeof value === 'number') return ofNumber(numberOf(json), { eq: value }, scan)
  return `(${isText(json)} AND ${textOf(json)} = ${scan.bind('String', value)})`
}

function different(json: string, value: Scalar, scan: Scan): string {
  if (typeof value === 'boolean') return `${json} = '${!value}'`
  if (typeof value === 'number') return ofNumber(numberOf(json), { ne: value }, scan)
  return `(${isText(json)} AND ${textOf(json)} != ${scan.bind('String', value)})`
}

/** Only of the types that the list has: what is of another type is neither in nor out. */
function inList(json: string, list: readonly Scalar[], operator: 'IN' | 'NOT IN', scan: Scan): string {
  const strings = list.filter(isString)
  const booleans = [true, false].filter((value) => list.includes(value) === (operator === 'IN'))
  const parts = [
    among(numberOf(json), list.filter(isNumber), operator, scan),
    strings.length === 0 ? NEVER : `(${isText(json)} AND ${textOf(json)} ${operator} ${scan.bind('Array(String)', strings)})`,
    ...(list.some((value) => typeof value === 'boolean') ? booleans.map((value) => `${json} = '${value}'`) : []),
  ]
  return `(${parts.join(' OR ')})`
}

/** Part of a text, or an element of a list of texts. */
function contains(json: string, part: string, scan: Scan): string {
  const bound = scan.bind('String', part)
  const element = `arrayExists(y -> ${isText('y')} AND ${textOf('y')} = ${bound}, JSONExtractArrayRaw(${json}))`
  return `((${isText(json)} AND position(${textOf(json)}, ${bound}) > 0) OR (startsWith(${json}, '[') AND ${element}))`
}

const ofDate = (json: string, condition: string, scan: Scan): string => `ifNull(${dateOf(json, scan)} ${condition}, 0)`

function lately(json: string, duration: string, scan: Scan): string {
  const from = scan.instant(scan.asOf.getTime() - (durationMs(duration) ?? 0))
  return `(${ofDate(json, `> ${from}`, scan)} AND ${ofDate(json, `<= ${scan.asOfSql}`, scan)})`
}

const instantSql = (text: string, scan: Scan): string => scan.instant(instantOf(text, scan.zone) ?? Number.NaN)
