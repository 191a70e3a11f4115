import type { Json } from '@tenon/kernel/contracts'
import type { ImportProblem } from '../errors.ts'
import { converterOf, textOf } from './convert.ts'
import type { ValueObject, ValueSpec } from './mapping.ts'
import type { Row } from './row.ts'
import { parseTemplate } from './template.ts'

/** The value of a row: undefined where there is none. */
export type ValueReader = (
  row: Row,
) => { readonly ok: true; readonly value: Json | undefined } | { readonly ok: false; readonly reason: string }

export interface CompiledValue {
  readonly columns: readonly string[]
  readonly read: ValueReader
}

const NOTHING = Object.freeze({ ok: true, value: undefined })

/** Collects what is wrong in `problems`. */
export function compileValue(spec: ValueSpec, path: string, problems: ImportProblem[]): CompiledValue {
  const full: ValueObject = typeof spec === 'string' ? { column: spec } : spec
  const { value } = full
  if (value !== undefined) return { columns: [], read: () => ({ ok: true, value }) }
  const source = sourceOf(full, path, problems)
  const convert = converterOf(full)
  if (typeof convert !== 'function') {
    problems.push({ path, message: convert.problem })
    return { columns: [], read: () => NOTHING }
  }
  const empty = new Set(full.empty)
  const read: ValueReader = (row) => {
    const cell = prepared(source.cell(row), full)
    if (cell === undefined || cell === null || cell === '' || (typeof cell === 'string' && empty.has(cell))) {
      if (full.default !== undefined) return { ok: true, value: full.default }
      return full.required === true ? { ok: false, reason: `${path}: ${source.name} is empty` } : NOTHING
    }
    const renamed = full.map === undefined ? undefined : own(full.map, textOf(cell))
    const converted = convert(renamed ?? cell)
    return converted.ok ? converted : { ok: false, reason: `${path}: ${converted.reason}` }
  }
  return { columns: source.columns, read }
}

interface Source {
  readonly name: string
  readonly columns: readonly string[]
  readonly cell: (row: Row) => Json | undefined
}

function sourceOf({ column, template }: ValueObject, path: string, problems: ImportProblem[]): Source {
  if (template === undefined) {
    const name = column ?? ''
    return { name: `column '${name}'`, columns: [name], cell: (row) => cellOf(row, name) }
  }
  const parsed = parseTemplate(template)
  if ('problem' in parsed) {
    problems.push({ path: `${path}.template`, message: parsed.problem })
    return { name: 'the template', columns: [], cell: () => undefined }
  }
  const text = (row: Row) => (name: string) => {
    const cell = cellOf(row, name)
    return cell === undefined || cell === null || cell === '' ? undefined : textOf(cell)
  }
  return { name: `a column of '${template}'`, columns: parsed.columns, cell: (row) => parsed.fill(text(row)) }
}

function prepared(cell: Json | undefined, { trim, case: letters }: ValueObject): Json | undefined {
  if (typeof cell !== 'string') return cell
  const trimmed = trim === false ? cell : cell.trim()
  if (letters === undefined) return trimmed
  return letters === 'lower' ? trimmed.toLowerCase() : trimmed.toUpperCase()
}

/** The cell of a column; of JSON also what lies within it: `user.address.city`, `items.0.sku`. */
function cellOf(row: Row, name: string): Json | undefined {
  if (Object.hasOwn(row, name) || !name.includes('.')) return own(row, name)
  let value: Json | undefined = row
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = own(value as Row, part)
  }
  return value
}

/** Columns are named by strangers: `constructor` is one of them. */
const own = (values: Readonly<Record<string, Json>>, name: string): Json | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined
