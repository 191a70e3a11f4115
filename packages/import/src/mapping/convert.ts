import { type Json, parseJson } from '@tenon/kernel/contracts'
import type { ValueObject } from './mapping.ts'
import { type DateReader, dateReader } from './read-date.ts'

export type Converted = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly reason: string }

/** Turns a cell that is not empty into a value. */
export type Converter = (cell: Json) => Converted

const done = (value: Json): Converted => ({ ok: true, value })
const failed = (reason: string): Converted => ({ ok: false, reason })

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', '1', 'on'].map((text) => [text, true] as const),
  ...['false', 'f', 'no', 'n', '0', 'off'].map((text) => [text, false] as const),
])

/** The converter that a mapping asks for, or what is wrong with what it says. */
export function converterOf(spec: ValueObject): Converter | { readonly problem: string } {
  switch (spec.as) {
    case undefined:
      return done
    case 'string':
      return (cell) => done(textOf(cell))
    case 'number':
      return (cell) => toNumber(cell, spec.decimal ?? '.')
    case 'integer':
      return (cell) => toInteger(cell, spec.decimal ?? '.')
    case 'boolean':
      return toBoolean
    case 'json':
      return toJson
    case 'list':
      return (cell) => done(toList(cell, spec.separator ?? ','))
    case 'date': {
      const reader = dateReader(spec.format ?? 'iso', spec.zone ?? 'UTC')
      return typeof reader === 'function' ? (cell) => toDate(cell, reader, spec.format ?? 'iso') : reader
    }
  }
}

/** A cell as text: what a person would have typed. */
export const textOf = (cell: Json): string => (typeof cell === 'string' ? cell : JSON.stringify(cell))

function toNumber(cell: Json, decimal: '.' | ','): Converted {
  if (typeof cell === 'number') return done(cell)
  const text = textOf(cell).trim()
  const plain = decimal === ',' ? text.replace(/[.\s](?=\d{3})/g, '').replace(',', '.') : text.replace(/[,\s](?=\d{3})/g, '')
  const number = Number(plain)
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(plain) || !Number.isFinite(number)) return failed(`'${short(text)}' is no number`)
  return done(number)
}

function toInteger(cell: Json, decimal: '.' | ','): Converted {
  const number = toNumber(cell, decimal)
  if (!number.ok || Number.isSafeInteger(number.value)) return number
  return failed(`'${short(textOf(cell))}' is no whole number that is exact; read it as a string`)
}

function toBoolean(cell: Json): Converted {
  if (typeof cell === 'boolean') return done(cell)
  const value = BOOLEANS.get(textOf(cell).trim().toLowerCase())
  return value === undefined ? failed(`'${short(textOf(cell))}' is neither true nor false`) : done(value)
}

function toJson(cell: Json): Converted {
  if (typeof cell !== 'string') return done(cell)
  try {
    return done(parseJson(cell))
  } catch {
    return failed(`'${short(cell)}' is no JSON`)
  }
}

function toList(cell: Json, separator: string): Json {
  if (Array.isArray(cell)) return cell
  return textOf(cell)
    .split(separator)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

function toDate(cell: Json, read: DateReader, format: string): Converted {
  const date = read(textOf(cell).trim())
  return date === undefined ? failed(`'${short(textOf(cell))}' is no date of the form '${format}'`) : done(date.toISOString())
}

const short = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text)
