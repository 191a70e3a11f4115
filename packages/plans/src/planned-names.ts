import type { Json } from '@tenon/kernel/contracts'
import type { Schema } from './plan.ts'

/** The names of properties that a schema has, and what it makes of others. */
export interface PlannedNames {
  has(name: string): boolean
  /** Whether a name that is not planned may be told: it is written as programmers write, or nearly as a name of the schema. */
  isToldBeside(name: string): boolean
}

/** Camel, snake or kebab case, as in code. `Ann` and `Ann Smith` are none, nor is anything in a script that code is not written in. */
const IN_CODE = /^[a-z_$][A-Za-z0-9_$.-]{0,63}$/
/** Shorter names are near to anything. */
const LONG_ENOUGH = 4
const LONGEST = 64

export function namesOf(schema: Schema): PlannedNames {
  let names: ReadonlySet<string> | undefined
  let near: ReadonlySet<string> | undefined
  const all = (): ReadonlySet<string> => {
    names ??= new Set(collect(schema))
    return names
  }
  const isNear = (name: string): boolean => {
    near ??= new Set([...all()].flatMap(spellings))
    return spellings(name).some((spelling) => near?.has(spelling))
  }
  return Object.freeze({
    has: (name: string) => all().has(name),
    isToldBeside: (name: string) => IN_CODE.test(name) || isNear(name),
  })
}

/** Without case and what stands between words; and the same without any one of its letters, so that one slip is found without comparing with every name. */
function spellings(name: string): readonly string[] {
  if (name.length > LONGEST) return []
  const letters = [...name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')]
  if (letters.length < LONG_ENOUGH) return []
  return [letters.join(''), ...letters.map((_, index) => letters.toSpliced(index, 1).join(''))]
}

const NAMING: ReadonlySet<string> = new Set(['properties', 'dependentSchemas', 'dependentRequired'])
/** What they hold is data. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples'])

const textsIn = (value: Json): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

function* collect(schema: Schema | Json): Generator<string> {
  const open: Json[] = [schema as Json]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue
    if (Array.isArray(next)) {
      open.push(...(next as readonly Json[]))
      continue
    }
    for (const [key, value] of Object.entries(next as Readonly<Record<string, Json>>)) {
      if (DATA.has(key)) continue
      open.push(value)
      if (key === 'required') yield* textsIn(value)
      if (!NAMING.has(key) || typeof value !== 'object' || value === null || Array.isArray(value)) continue
      yield* Object.keys(value)
      if (key === 'dependentRequired') for (const list of Object.values(value)) yield* textsIn(list)
    }
  }
}
