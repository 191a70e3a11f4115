import type { EventDraft, EventType, Identifier, Json, Properties, Refused } from '@tenon/kernel/contracts'
import type { ImportProblem } from '../errors.ts'
import { type CompiledValue, compileValue, type ValueReader } from './compile-value.ts'
import { textOf } from './convert.ts'
import type { Mapping, ValueObject, ValueSpec } from './mapping.ts'
import { keyId, rawId, rowId } from './message-id.ts'
import type { ReadRow, Row } from './row.ts'

export type Mapped =
  | { readonly ok: true; readonly draft: EventDraft }
  | { readonly ok: false; readonly refused: Refused & { readonly messageId: string } }

export interface CompiledMapping {
  /** Columns that it names, so that those which a source does not have can be told. */
  readonly columns: readonly string[]
  map(read: ReadRow): Mapped
}

export interface MappingContext {
  /** Part of every message id. */
  readonly key: string
  /** The timestamp of rows without one. */
  readonly startedAt: Date
}

const TYPES: ReadonlySet<string> = new Set<EventType>(['track', 'identify', 'page', 'screen', 'group', 'alias'])

class Unmappable extends Error {
  readonly code: string

  constructor(code: string, reason: string) {
    super(reason)
    this.code = code
  }
}

/** A mapping ready to be used on many rows, or everything that is wrong with it. */
export function compileMapping(
  mapping: Mapping,
  context: MappingContext,
): { readonly ok: true; readonly mapping: CompiledMapping } | { readonly ok: false; readonly problems: readonly ImportProblem[] } {
  const problems: ImportProblem[] = []
  const named = new Set<string>()
  const value = (spec: ValueSpec, path: string): ValueReader => {
    const compiled: CompiledValue = compileValue(spec, path, problems)
    for (const column of compiled.columns) named.add(column)
    return compiled.read
  }
  const all = (specs: Readonly<Record<string, ValueSpec>>, path: string): readonly (readonly [string, ValueReader])[] =>
    Object.entries(specs).map(([name, spec]) => [name, value(spec, `${path}.${name}`)])
  const constant = (spec: string | ValueObject, path: string): ValueReader => value(typeof spec === 'string' ? { value: spec } : spec, path)

  const type = constant(mapping.type, 'type')
  const name = mapping.name === undefined ? undefined : constant(mapping.name, 'name')
  const identifiers = all(mapping.identifiers, 'identifiers')
  const traits = all(mapping.traits, 'traits')
  const properties = all(mapping.properties, 'properties')
  const contextValues = all(mapping.context, 'context')
  const group = mapping.group && { id: value(mapping.group.id, 'group.id'), traits: all(mapping.group.traits, 'group.traits') }
  const timestamp = mapping.timestamp === undefined ? undefined : value(asDate(mapping.timestamp), 'timestamp')
  const ownId = mapping.messageId !== undefined && !('columns' in mapping.messageId) ? value(mapping.messageId, 'messageId') : undefined
  const keyColumns = mapping.messageId !== undefined && 'columns' in mapping.messageId ? mapping.messageId.columns : undefined
  for (const column of keyColumns ?? []) named.add(column)
  if (problems.length > 0) return { ok: false, problems }

  const idOf = (row: Row): string => {
    if (keyColumns !== undefined) {
      const id = keyId(context.key, keyColumns, row)
      if (id === undefined) throw new Unmappable('NO_MESSAGE_ID', `messageId: one of the columns ${keyColumns.join(', ')} is empty`)
      return id
    }
    if (ownId === undefined) return rowId(context.key, row)
    const own = must(ownId(row), 'INVALID_MESSAGE_ID')
    if (own === undefined) throw new Unmappable('NO_MESSAGE_ID', 'messageId: the cell is empty')
    return textOf(own)
  }

  function draftOf(row: Row): EventDraft {
    const kind = must(type(row), 'UNKNOWN_TYPE')
    if (typeof kind !== 'string' || !TYPES.has(kind))
      throw new Unmappable('UNKNOWN_TYPE', `type: '${textOf(kind ?? null)}' is no type of event`)
    const called = name === undefined ? undefined : must(name(row), 'INVALID_EVENT_NAME')
    if (called === undefined && (kind === 'track' || name !== undefined)) throw new Unmappable('INVALID_EVENT_NAME', 'name: there is none')
    const at = timestamp === undefined ? undefined : must(timestamp(row), 'INVALID_TIMESTAMP')
    if (timestamp !== undefined && at === undefined) throw new Unmappable('INVALID_TIMESTAMP', 'timestamp: the cell is empty')
    const account = group && must(group.id(row), 'INVALID_VALUE')
    const messageId = idOf(row)
    return {
      messageId,
      type: kind as EventType,
      name: called === undefined ? kind : textOf(called),
      identifiers: identifiersOf(identifiers, row),
      traits: { ...(mapping.rest === 'traits' ? restOf(row) : {}), ...valuesOf(traits, row) },
      properties: { ...(mapping.rest === 'properties' ? restOf(row) : {}), ...valuesOf(properties, row) },
      context: valuesOf(contextValues, row),
      timestamp: at === undefined ? context.startedAt : new Date(String(at)),
      ...(group === undefined || account === undefined ? {} : { group: { id: textOf(account), traits: valuesOf(group.traits, row) } }),
    }
  }

  const restOf = (row: Row): Properties =>
    Object.fromEntries(Object.entries(row).filter(([column, cell]) => !named.has(column) && cell !== null && cell !== ''))

  return {
    ok: true,
    mapping: {
      columns: [...named],
      map(read) {
        if (!read.ok) return refuse(read.code, read.reason, read.raw, rawId(context.key, read.raw))
        try {
          return { ok: true, draft: draftOf(read.row) }
        } catch (error) {
          if (!(error instanceof Unmappable)) throw error
          return refuse(error.code, error.message, read.row, rowId(context.key, read.row))
        }
      },
    },
  }
}

const refuse = (code: string, message: string, payload: unknown, messageId: string): Mapped => ({
  ok: false,
  refused: { code, message, payload, messageId },
})

/** A timestamp is a date, whatever its mapping says. */
const asDate = (spec: ValueSpec): ValueObject => (typeof spec === 'string' ? { column: spec, as: 'date' } : { ...spec, as: 'date' })

function must(read: ReturnType<ValueReader>, code: string): Json | undefined {
  if (!read.ok) throw new Unmappable(code, read.reason)
  return read.value
}

function valuesOf(readers: readonly (readonly [string, ValueReader])[], row: Row): Properties {
  const values: [string, Json][] = []
  for (const [name, read] of readers) {
    const value = must(read(row), 'INVALID_VALUE')
    if (value !== undefined) values.push([name, value])
  }
  return Object.fromEntries(values)
}

function identifiersOf(readers: readonly (readonly [string, ValueReader])[], row: Row): readonly Identifier[] {
  const found: Identifier[] = []
  for (const [type, read] of readers) {
    const value = must(read(row), 'INVALID_IDENTIFIER')
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value]) found.push({ type, value: textOf(one) })
  }
  return found
}
