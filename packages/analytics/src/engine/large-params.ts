import { texts } from '../writer/tsv.ts'
import { cutList } from './cut-list.ts'
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
    const pieces = isList(value) ? cutList<string | number>(value, MOST_BYTES) : []
    if (pieces.length < 2) {
      given[name] = value
      continue
    }
    const fields = pieces.map((_, index) => `${name}_part${index}`)
    for (const [index, field] of fields.entries()) given[field] = pieces[index] as List
    names.set(name, fields)
  }
  const together = (placeholder: string, name: string, type: string): string => {
    const fields = names.get(name)
    return fields === undefined ? placeholder : `arrayConcat(${fields.map((field) => `{${field}:${type}}`).join(', ')})`
  }
  return { sql: names.size === 0 ? sql : sql.replaceAll(LIST, together), params: given }
}

/**
 * Lists as constants in the text, for statements whose parameters would otherwise stand in the address, which a server takes up to 1 MiB of and
 * whatever is between us may cut much earlier. The text is a body, and may be of any length.
 */
export function inText({ sql, params }: Asked): Asked {
  const text = sql.replaceAll(LIST, (placeholder, name: string, type: string) => {
    const value = params[name]
    return isList(value) ? `CAST(${constantOf(value)}, '${type}')` : placeholder
  })
  return { sql: text, params: Object.fromEntries(Object.entries(params).filter(([, value]) => !isList(value))) }
}

const constantOf = (list: List): string => (isNumbers(list) ? `[${list.join(',')}]` : texts(list))

const isNumbers = (list: List): list is readonly number[] => typeof list[0] !== 'string'
