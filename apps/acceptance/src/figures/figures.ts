import { isDeepStrictEqual } from 'node:util'

/** What a figure may be: two of them are equal when they print the same JSON. */
export type Value = boolean | number | string | null | readonly Value[] | { readonly [key: string]: Value }

export interface Figure {
  readonly name: string
  /** What the public API said. */
  readonly tenon: Value
  /** What it must be. */
  readonly expected: Value
  /** Who says so: SQL over the file, or the contract of the API. */
  readonly by: 'SQL' | 'contract'
  readonly equal: boolean
}

/** Collects every figure of a run; none of them stops it. */
export interface Figures {
  sql(name: string, tenon: Value, expected: Value): void
  contract(name: string, tenon: Value, expected: Value): void
  all(): readonly Figure[]
}

export function createFigures(): Figures {
  const figures: Figure[] = []
  const add = (by: Figure['by']) => (name: string, tenon: Value, expected: Value) => {
    figures.push({ name, tenon, expected, by, equal: isDeepStrictEqual(tenon, expected) })
  }
  return { sql: add('SQL'), contract: add('contract'), all: () => [...figures] }
}
