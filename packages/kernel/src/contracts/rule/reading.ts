import { durationMs } from './duration.ts'
import { instantOf } from './instant.ts'
import { nearest } from './nearest.ts'
import { readPath } from './path.ts'
import type { Duration } from './rule.ts'

/** What is wrong with a rule and where: `and[1].where[0].gte`; the path is empty for the whole. */
export interface RuleProblem {
  readonly path: string
  readonly message: string
}

export const RULE_LIMITS = Object.freeze({ depth: 32, nodes: 500, list: 10_000, text: 1_000, problems: 100 })

export type Fields = Readonly<Record<string, unknown>>

/** One reading of one rule: collects every problem. Each method answers undefined where it found one. */
export class Reading {
  readonly problems: RuleProblem[] = []
  #nodes = 0

  problem(path: string, message: string): undefined {
    if (this.problems.length < RULE_LIMITS.problems) this.problems.push(Object.freeze({ path, message }))
    return undefined
  }

  /** Counts a node of the tree; false once there are too many, or it lies too deep. */
  enter(path: string, depth: number): boolean {
    this.#nodes += 1
    if (depth > RULE_LIMITS.depth) this.problem(path, `is nested deeper than ${RULE_LIMITS.depth} levels`)
    if (this.#nodes === RULE_LIMITS.nodes + 1) this.problem(path, `the rule has more than ${RULE_LIMITS.nodes} conditions`)
    return depth <= RULE_LIMITS.depth && this.#nodes <= RULE_LIMITS.nodes
  }

  fields(value: unknown, path: string): Fields | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.problem(path, `expected an object, got ${named(value)}`)
    return value as Fields
  }

  list(value: unknown, path: string, most: number = RULE_LIMITS.list): readonly unknown[] | undefined {
    if (!Array.isArray(value)) return this.problem(path, `expected a list, got ${named(value)}`)
    if (value.length === 0) return this.problem(path, 'must not be empty')
    if (value.length > most) return this.problem(path, `has ${value.length} entries, more than ${most}`)
    return value
  }

  /** Reads every entry, also after one that is wrong. */
  each<T>(value: unknown, path: string, read: (entry: unknown, path: string) => T | undefined, most?: number): readonly T[] | undefined {
    const entries = this.list(value, path, most)
    const values = entries?.map((entry, index) => read(entry, `${path}[${index}]`))
    return values?.every((entry) => entry !== undefined) ? Object.freeze(values) : undefined
  }

  text(value: unknown, path: string): string | undefined {
    if (typeof value !== 'string') return this.problem(path, `expected a text, got ${named(value)}`)
    if (value.length > RULE_LIMITS.text) return this.problem(path, `is longer than ${RULE_LIMITS.text} characters`)
    return value.isWellFormed() ? value : this.problem(path, 'is not well-formed Unicode')
  }

  name(value: unknown, path: string): string | undefined {
    const text = this.text(value, path)
    return text === '' ? this.problem(path, 'must not be empty') : text
  }

  path(value: unknown, path: string): string | undefined {
    const text = this.text(value, path)
    if (text === undefined) return undefined
    const steps = readPath(text)
    return typeof steps === 'string' ? this.problem(path, steps) : text
  }

  number(value: unknown, path: string): number | undefined {
    if (typeof value !== 'number') return this.problem(path, `expected a number, got ${named(value)}`)
    if (!Number.isFinite(value)) return this.problem(path, 'must be finite')
    return Object.is(value, -0) ? 0 : value
  }

  integer(value: unknown, path: string, from: number, to: number): number | undefined {
    const number = this.number(value, path)
    if (number === undefined) return undefined
    const fits = Number.isInteger(number) && number >= from && number <= to
    return fits ? number : this.problem(path, `expected a whole number from ${from} to ${to}`)
  }

  duration(value: unknown, path: string): Duration | undefined {
    const text = this.text(value, path)
    if (text === undefined) return undefined
    const known = durationMs(text) !== undefined
    return known ? text : this.problem(path, `expected a duration of up to 100 years such as '12h', '30d' or '2w'`)
  }

  instant(value: unknown, path: string): string | undefined {
    const text = this.text(value, path)
    if (text === undefined) return undefined
    const known = instantOf(text, 'UTC') !== undefined
    return known ? text : this.problem(path, `expected an ISO 8601 date such as '2026-04-01' or '2026-04-01T09:30:00Z'`)
  }

  oneOf<const T extends string>(value: unknown, path: string, known: readonly T[]): T | undefined {
    const found = known.find((candidate) => candidate === value)
    return found ?? this.problem(path, `expected one of ${known.map((one) => `'${one}'`).join(', ')}`)
  }

  /** Reports each key that is not known; keys without a value count as absent. */
  closed(fields: Fields, path: string, known: readonly string[]): boolean {
    const unknown = keysOf(fields).filter((key) => !known.includes(key))
    for (const key of unknown) {
      const close = nearest(key, known)
      const hint = close === undefined ? `; known here: ${known.join(', ')}` : `; did you mean '${close}'?`
      this.problem(at(path, key.slice(0, 100)), `unknown key${hint}`)
    }
    return unknown.length === 0
  }
}

export const keysOf = (fields: Fields): readonly string[] => Object.keys(fields).filter((key) => fields[key] !== undefined)

export const at = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

const named = (value: unknown): string =>
  value === undefined
    ? 'nothing'
    : value === null
      ? 'null'
      : Array.isArray(value)
        ? 'a list'
        : `a ${typeof value === 'object' ? 'object' : typeof value}`

/** The parts of the path of a problem, as validators of forms name places: `and[1].gte` is `['and', 1, 'gte']`. */
export const problemPath = (path: string): readonly (string | number)[] =>
  Array.from(path.matchAll(/\[(\d+)\]|[^.[]+/g), ([part, index]) => (index === undefined ? part : Number(index)))
