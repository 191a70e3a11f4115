import { isSecretAt, type JsonSchema } from './json-schema.ts'
import { isPlainObject, mapPlain, type Path } from './plain.ts'

/** What is printed in the place of a secret. */
export const REDACTED = '[secret]'

/** A copy in which every value that its schema marks `writeOnly` is replaced. */
export function redactSecrets(value: unknown, schemas: readonly JsonSchema[]): unknown {
  return mapPlain(value, (_, path) => (isSecret(schemas, path) ? { value: REDACTED } : undefined))
}

/** Every secret in a configuration as text, whatever its depth. */
export function secretsIn(value: unknown, schemas: readonly JsonSchema[]): readonly string[] {
  const found: string[] = []
  mapPlain(value, (item, path) => {
    if (!isSecret(schemas, path)) return undefined
    found.push(...leaves(item))
    return { value: undefined }
  })
  return found
}

const isSecret = (schemas: readonly JsonSchema[], path: Path): boolean => schemas.some((schema) => isSecretAt(schema, path))

function leaves(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)]
  if (Array.isArray(value)) return value.flatMap(leaves)
  if (value instanceof URL) return [value.href]
  return isPlainObject(value) ? Object.values(value).flatMap(leaves) : []
}
