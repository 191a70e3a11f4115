import type { ParamValue } from './engine.ts'

interface Asked {
  readonly sql: string
  readonly params: Readonly<Record<string, ParamValue>>
}

type List = readonly string[] | readonly number[]

/** A server refuses a field of a form beyond 128 KiB (`http_max_field_value_size`). */
const MOST_BYTES = 100_000

const LIST = /\{(\w+):(Array\([\w(), ]+\))\}/g

const isList = (value: ParamValue | undefined): value is List => Array.isArray(value)

/** Whether the text itself is too long for a field. */
export const isLong = ({ sql }: Asked): boolean => Buffer.byteLength(sql) > MOST_BYTES

/** Lists too long for a field as several parameters, which the engine puts together before it begins. They stay parameters, of the type that they have. */
export function inFields({ sql, params }: Asked): Asked {
  const given: Record<string, ParamValue> = {}
  const names = new Map<string, readonly string[]>()
  for (const [name, value] of Object.entries(params)) {
    const pieces = isList(value) ? piecesOf(value) : [value]
    const fields = pieces.length === 1 ? [name] : pieces.map((_, index) => `${name}_part${index}`)
    pieces.forEach((piece, index) => {
      given[fields[index] ?? name] = piece
    })
    if (fields.length > 1) names.set(name, fields)
  }
  const together = (placeholder: string, name: string, type: string): string => {
    const fields = names.get(name)
    return fields === undefined ? placeholder : `arrayConcat(${fields.map((field) => `{${field}:${type}}`).join(', ')})`
  }
  return { sql: names.size === 0 ? sql : sql.replaceAll(LIST, together), params: given }
}

function piecesOf(list: List): readonly List[] {
  const starts = [0]
  let bytes = 0
  list.forEach((value: string | number, index) => {
    const own = sizeOf(value)
    bytes += own
    if (bytes <= MOST_BYTES || index === 0) return
    starts.push(index)
    bytes = own
  })
  return starts.map((start, index) => list.slice(start, starts[index + 1]))
}

/** With what stands around it. Each character of a text may need a backslash. */
const sizeOf = (value: string | number): number => (typeof value === 'number' ? String(value).length + 1 : 2 * Buffer.byteLength(value) + 3)

/**
 * Lists as constants in the text, for statements whose parameters would otherwise stand in the address, which a server takes up to 1 MiB of and
 * whatever is between us may cut much earlier. The text is a body, and may be of any length.
 */
export function inText({ sql, params }: Asked): Asked {
  const text = sql.replaceAll(LIST, (placeholder, name: string, type: string) => {
    const value = params[name]
    return isList(value) ? `CAST([${value.map(constant).join(',')}], '${type}')` : placeholder
  })
  return { sql: text, params: Object.fromEntries(Object.entries(params).filter(([, value]) => !isList(value))) }
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '\0': '\\0' }

const constant = (value: string | number): string =>
  typeof value === 'number' ? String(value) : `'${value.replaceAll(/[\\'\0]/g, (character) => ESCAPES[character] ?? character)}'`
