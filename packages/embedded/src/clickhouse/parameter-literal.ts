import { ClickHouseException } from './clickhouse-error.ts'
import { mapLiteral } from './map-literal.ts'

/** A string constant: only the backslash and the quote can end or bend one. */
export const quoteString = (value: string): string => `'${escapeQuoted(value, "'")}'`

export const quoteIdentifier = (value: string): string => `\`${escapeQuoted(value, '`')}\``

function escapeQuoted(value: string, quote: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replaceAll('\0', '\\0')
}

/**
 * A constant of `type` from the text form in which clients send a parameter: single values are escaped as in a
 * tab-separated file, `\N` is NULL; arrays, tuples and maps are written as in SQL.
 */
export function parameterLiteral(value: string, type: string): string {
  const inner = unwrap(type)
  if (value === '\\N' && isNullable(type)) return `CAST(NULL, ${quoteString(type)})`
  if (/^(?:Array|Tuple|Nested|Point|Ring|Polygon|MultiPolygon)\b/.test(inner) && !/\bMap\s*\(/.test(inner))
    return cast(quoteString(value), type)
  if (/\bMap\s*\(/.test(inner)) return cast(mapLiteral(value), type)
  const text = quoteString(unescapeText(value, type))
  return type === 'String' ? text : cast(text, type)
}

const cast = (literal: string, type: string): string => `CAST(${literal}, ${quoteString(type)})`

const isNullable = (type: string): boolean => /^(?:LowCardinality\s*\(\s*)?Nullable\s*\(/.test(type)

function unwrap(type: string): string {
  const inner = /^(?:LowCardinality|Nullable)\s*\(([\s\S]*)\)$/.exec(type.trim())?.[1]
  return inner === undefined ? type.trim() : unwrap(inner)
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', 0: '\0', a: '\x07', v: '\v' }

function unescapeText(value: string, type: string): string {
  if (/[\t\n]/.test(value)) {
    throw new ClickHouseException(457, 'BAD_QUERY_PARAMETER', `Value ${value} cannot be parsed as ${type} for query parameter`)
  }
  return value.replace(/\\(x[0-9a-fA-F]{2}|[\s\S])/g, (_, escaped: string) =>
    escaped.length === 3 ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16)) : (escapes[escaped] ?? escaped),
  )
}
