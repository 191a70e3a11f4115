import type { PathStep } from '@tenon/kernel/contracts'
import type { ParamValue } from '../engine/engine.ts'

type Type = 'String' | 'Float64' | 'Int64' | 'UInt32' | 'Array(String)' | 'Array(Float64)' | 'Array(UInt64)'

/** The order in which the events of a person are told. */
export const TOLD = 'tuple(timestamp, received_at, message_id)'

/**
 * One grouped scan while it is put together. Three stages, each a SELECT over the one before: a column for what is computed
 * once per event, an aggregate for what is computed once per person, and expressions over these. Equal SQL with equal values is
 * one column or aggregate, so rules share whatever they have in common.
 */
export class Scan {
  readonly params: Record<string, ParamValue> = {}
  readonly events = new Set<string>()
  readonly tags = new Set<string>()
  readonly segments = new Set<string>()
  readonly #names = new Map<string, string>()
  readonly #columns = new Map<string, string>()
  readonly #aggregates = new Map<string, string>()
  /** Which events ask for a property: it is looked up in no other. */
  readonly #properties = new Map<string, Set<string>>()
  readonly #traits = new Set<string>()

  readonly asOf: Date
  readonly zone: string

  constructor(asOf: Date, zone: string) {
    this.asOf = asOf
    this.zone = zone
    this.params.asOf = asOf.getTime()
  }

  /** A value as a bound parameter. */
  bind(type: Type, value: ParamValue): string {
    const identity = `${type} ${JSON.stringify(value)}`
    const name = this.#names.get(identity) ?? `p${this.#names.size}`
    this.#names.set(identity, name)
    this.params[name] = value
    return `{${name}:${type}}`
  }

  /** An instant as DateTime64(3), kept within what the engine can hold. */
  instant(milliseconds: number): string {
    const [least, most] = [Date.UTC(1900, 0, 1), Date.UTC(2299, 11, 31)]
    return `fromUnixTimestamp64Milli(${this.bind('Int64', Math.min(most, Math.max(least, milliseconds)))}, 'UTC')`
  }

  get asOfSql(): string {
    return this.instant(this.asOf.getTime())
  }

  get zoneSql(): string {
    return this.bind('String', this.zone)
  }

  /** Something computed once per event. */
  column(sql: string): string {
    return named(this.#columns, 'c', sql)
  }

  /** Something computed once per person. */
  aggregate(sql: string): string {
    return named(this.#aggregates, 'a', sql)
  }

  /** The JSON text under keys of the properties of an event; empty where there is nothing. */
  property(event: string, keys: readonly PathStep[]): string {
    const sql = `JSONExtractRaw(properties, ${this.keys(keys)})`
    const events = this.#properties.get(sql) ?? new Set()
    this.#properties.set(sql, events.add(event))
    return this.column(sql)
  }

  /** The JSON text of a top-level trait, as the last event that says something about it has it. */
  trait(key: string): string {
    const sql = `JSONExtractRaw(traits, ${this.bind('String', key)})`
    this.#traits.add(sql)
    const column = this.column(sql)
    return this.aggregate(`argMaxIf(${column}, ${TOLD}, ${column} != '')`)
  }

  /** Keys as arguments of the JSON functions. */
  keys(steps: readonly PathStep[]): string {
    return steps.map(({ key }) => this.bind('String', key)).join(', ')
  }

  get readsProperties(): boolean {
    return this.#properties.size > 0
  }

  get readsTraits(): boolean {
    return this.#traits.size > 0
  }

  /** The SELECT list per event. */
  columnsSql(): readonly string[] {
    return [...this.#columns].map(([sql, alias]) => {
      const events = this.#properties.get(sql)
      if (events === undefined) return `${sql} AS ${alias}`
      return `if(name IN ${this.bind('Array(String)', [...events].sort())}, ${sql}, '') AS ${alias}`
    })
  }

  /** The SELECT list per person. */
  aggregatesSql(): readonly string[] {
    return [...this.#aggregates].map(([sql, alias]) => `${sql} AS ${alias}`)
  }
}

function named(known: Map<string, string>, prefix: string, sql: string): string {
  const alias = known.get(sql) ?? `${prefix}${known.size}`
  known.set(sql, alias)
  return alias
}
