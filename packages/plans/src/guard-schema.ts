import type { Json } from '@tenon/kernel/contracts'
import { compileSchema } from './compile-schema.ts'
import type { Schema } from './plan.ts'
import { patternProblem } from './regular-expression.ts'

export interface SchemaProblem {
  readonly path: string
  readonly message: string
}

const MAX_DEPTH = 32
const MAX_PARTS = 5_000
/** How many parts of a schema one value may meet once references are followed. */
const MAX_WORK = 20_000
const MAX_PATTERN = 500
const DIALECT = 'https://json-schema.org/draft/2020-12/schema'
/** They name other documents, or change what a reference means while a value is checked. */
const REFUSED: ReadonlySet<string> = new Set([
  '$id',
  '$dynamicRef',
  '$dynamicAnchor',
  '$recursiveRef',
  '$recursiveAnchor',
  '$vocabulary',
  '$async',
])
const SCALARS: ReadonlySet<Json> = new Set(['string', 'number', 'integer', 'boolean', 'null'])

/** What a schema of a stranger may not do: name other documents, go in circles, explode, or run a pattern that never ends. */
export function schemaProblems(schema: Schema): readonly SchemaProblem[] {
  const problems = structureProblems(schema)
  if (problems.length > 0) return problems
  const endless = workProblem(schema)
  if (endless !== undefined) return [{ path: '', message: endless }]
  try {
    compileSchema(schema)()
    return []
  } catch (error) {
    return [{ path: '', message: error instanceof Error ? error.message.slice(0, 500) : 'it does not compile' }]
  }
}

/** Every object in it, whatever it stands for: a name that is no keyword is looked at as if it were one, to be sure. */
function structureProblems(schema: Schema): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = []
  const stack: { readonly value: Json; readonly path: string; readonly depth: number; readonly isNames: boolean }[] = [
    { value: schema, path: '', depth: 0, isNames: false },
  ]
  let parts = 0
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, path, depth, isNames } = next
    if (++parts > MAX_PARTS) return [{ path: '', message: `a schema has at most ${MAX_PARTS} parts` }]
    if (typeof value !== 'object' || value === null) continue
    if (depth > MAX_DEPTH) return [{ path, message: `a schema is nested at most ${MAX_DEPTH} levels deep` }]
    if (!Array.isArray(value) && !isNames) problems.push(...keywordProblems(value as Readonly<Record<string, Json>>, path))
    for (const [key, child] of Object.entries(value)) {
      const at = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`
      // What is compared with is no schema.
      if (!isNames && !Array.isArray(value) && (key === 'const' || key === 'enum' || key === 'default' || key === 'examples')) continue
      const holdsNames = !isNames && !Array.isArray(value) && NAMED.has(key)
      stack.push({ value: child, path: at, depth: depth + 1, isNames: holdsNames })
    }
  }
  return problems
}

const NAMED: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependentRequired',
])

function keywordProblems(schema: Readonly<Record<string, Json>>, path: string): readonly SchemaProblem[] {
  const problems: SchemaProblem[] = []
  const add = (key: string, message: string): void => void problems.push({ path: `${path}.${key}`, message })
  for (const key of Object.keys(schema)) if (REFUSED.has(key)) add(key, 'this keyword can not be used in a plan')
  if (schema.$schema !== undefined && schema.$schema !== DIALECT) add('$schema', `the dialect must be ${DIALECT}`)
  if (schema.$ref !== undefined && !(typeof schema.$ref === 'string' && schema.$ref.startsWith('#')))
    add('$ref', 'a reference must stay within its schema: it begins with #')
  if (schema.pattern !== undefined) for (const message of problemsOfPattern(schema.pattern)) add('pattern', message)
  if (isObject(schema.patternProperties))
    for (const pattern of Object.keys(schema.patternProperties))
      for (const message of problemsOfPattern(pattern)) add('patternProperties', message)
  if (schema.uniqueItems === true && !isOfScalars(schema.items))
    add('uniqueItems', 'it needs items of a scalar type: others are compared each with each')
  return problems
}

function problemsOfPattern(pattern: Json): readonly string[] {
  if (typeof pattern !== 'string') return ['a pattern is a text']
  if (pattern.length > MAX_PATTERN) return [`a pattern has at most ${MAX_PATTERN} characters`]
  const problem = patternProblem(pattern)
  return problem === undefined ? [] : [problem]
}

function isOfScalars(items: Json | undefined): boolean {
  if (!isObject(items)) return false
  const { type } = items
  return Array.isArray(type) ? type.length > 0 && type.every((each: Json) => SCALARS.has(each)) : type !== undefined && SCALARS.has(type)
}

const isObject = (value: Json | undefined): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** References that lead back to themselves, and chains of references that multiply. */
function workProblem(root: Schema): string | undefined {
  const known = new Map<Json, number>()
  const open = new Set<Json>()
  let problem: string | undefined
  function workOf(value: Json): number {
    if (typeof value !== 'object' || value === null || problem !== undefined) return 1
    const before = known.get(value)
    if (before !== undefined) return before
    if (open.has(value)) {
      problem = 'a reference leads back to itself'
      return 1
    }
    open.add(value)
    let work = 1
    for (const [key, child] of Object.entries(value)) {
      if (key === '$ref' && typeof child === 'string') {
        const target = targetOf(root, child)
        if (target === undefined) problem ??= `nothing is at ${child.slice(0, 100)}`
        else work += workOf(target)
      } else if (key !== '$defs' && key !== 'definitions') work += workOf(child)
    }
    open.delete(value)
    known.set(value, work)
    if (work > MAX_WORK) problem ??= 'its references multiply: it would take too long to check'
    return work
  }
  workOf(root)
  return problem
}

/** What a JSON pointer of a reference points at (RFC 6901), or the part with an anchor. */
function targetOf(root: Schema, reference: string): Json | undefined {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return anchored(root, reference.slice(1))
  let at: Json | undefined = root
  for (const raw of reference.slice(2).split('/')) {
    const name = unescaped(raw)
    if (name === undefined || typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Readonly<Record<string, Json>>)[name]
  }
  return at
}

function anchored(value: Json, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (isObject(value) && value.$anchor === name) return value
  for (const child of Object.values(value)) {
    const found = anchored(child as Json, name)
    if (found !== undefined) return found
  }
  return undefined
}

function unescaped(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return undefined
  }
}
