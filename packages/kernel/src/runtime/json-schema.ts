import type { ConfigSchema } from '../plugin/config.ts'
import { isPlainObject, type Path, type PlainObject } from './plain.ts'

export type JsonSchema = PlainObject

/** The JSON Schema of what a configuration is written as, or of what it becomes; undefined when it can not be printed. */
export function jsonSchemaOf(schema: ConfigSchema, side: 'input' | 'output'): JsonSchema | undefined {
  try {
    return schema['~standard'].jsonSchema[side]({ target: 'draft-2020-12' })
  } catch {
    return undefined
  }
}

/** Every schema that may describe the value at a path: branches of `anyOf` and the like are all taken. */
export function schemasAt(root: JsonSchema, path: Path): readonly JsonSchema[] {
  return path.reduce<readonly JsonSchema[]>(
    (schemas, key) =>
      expand(
        root,
        schemas.flatMap((schema) => childrenOf(schema, key)),
      ),
    expand(root, [root]),
  )
}

/** Whether a path, or anything above it, is marked `writeOnly`. */
export function isSecretAt(root: JsonSchema, path: Path): boolean {
  return [...path.keys(), path.length].some((length) => schemasAt(root, path.slice(0, length)).some((schema) => schema.writeOnly === true))
}

const BRANCHES = ['anyOf', 'oneOf', 'allOf'] as const
const SINGLE_BRANCHES = ['if', 'then', 'else', 'not'] as const

/** Follows `$ref` and branches; each schema once, so that recursive schemas end. */
function expand(root: JsonSchema, schemas: readonly JsonSchema[]): readonly JsonSchema[] {
  const seen = new Set<JsonSchema>()
  const queue = [...schemas]
  for (let schema = queue.pop(); schema !== undefined; schema = queue.pop()) {
    if (seen.has(schema)) continue
    seen.add(schema)
    queue.push(...BRANCHES.flatMap((keyword) => list(schema?.[keyword])))
    queue.push(...SINGLE_BRANCHES.flatMap((keyword) => list([schema?.[keyword]])))
    if (typeof schema.$ref === 'string') queue.push(...list([resolve(root, schema.$ref)]))
  }
  return [...seen]
}

function childrenOf(schema: JsonSchema, key: string | number): readonly JsonSchema[] {
  if (typeof key === 'number') return list([list(schema.prefixItems)[key], schema.items, ...list(schema.items)])
  const { properties, patternProperties } = schema
  const named = isPlainObject(properties) && Object.hasOwn(properties, key) ? [properties[key]] : []
  const patterns = isPlainObject(patternProperties) ? Object.values(patternProperties) : []
  return list([...named, ...patterns, ...(named.length === 0 ? [schema.additionalProperties] : [])])
}

/** Local references only: `#/$defs/Secret`. */
function resolve(root: JsonSchema, reference: string): unknown {
  const keys = reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter((key) => key !== '')
  return keys.reduce<unknown>((schema, key) => (isPlainObject(schema) ? schema[decode(key)] : undefined), root)
}

const decode = (key: string): string => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')

const list = (value: unknown): readonly JsonSchema[] => (Array.isArray(value) ? value.filter(isPlainObject) : [])
