import type { FromEnv } from '../plugin/config.ts'
import { type JsonSchema, schemasAt } from './json-schema.ts'
import { isPlainObject, mapPlain, type Path } from './plain.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Resolution {
  readonly value: unknown
  /** Variables that are not set and have no default. */
  readonly missing: readonly { readonly path: Path; readonly variable: string }[]
}

/**
 * Puts environment variables in the place of `fromEnv`. Where the schema wants a number or a boolean and no
 * text, the variable is read as one.
 */
export function resolveEnv(config: unknown, env: Environment, schema: JsonSchema | undefined): Resolution {
  const missing: { readonly path: Path; readonly variable: string }[] = []
  const value = mapPlain(config, (item, path) => {
    if (!isFromEnv(item)) return undefined
    const text = env[item.$env] ?? item.default
    if (text === undefined) missing.push({ path, variable: item.$env })
    return { value: text === undefined ? undefined : read(text, schema === undefined ? [] : schemasAt(schema, path)) }
  })
  return { value, missing }
}

function isFromEnv(value: unknown): value is FromEnv {
  return (
    isPlainObject(value) &&
    typeof value.$env === 'string' &&
    Object.keys(value).every((key) => key === '$env' || key === 'default') &&
    ['string', 'undefined'].includes(typeof value.default)
  )
}

function read(text: string, schemas: readonly JsonSchema[]): unknown {
  const types = new Set(schemas.flatMap(({ type }) => type))
  if (types.has('string')) return text
  if ((types.has('number') || types.has('integer')) && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
  if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
