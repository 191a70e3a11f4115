import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'

/**
 * Any Standard Schema that can also print itself as JSON Schema (zod 4 does): one source for validation,
 * types, documentation and forms. A field whose JSON Schema says `writeOnly: true` is a secret: it is never
 * printed, logged or returned (`z.string().meta({ writeOnly: true })`).
 */
// biome-ignore lint/suspicious/noExplicitAny: type-parameter constraint
export type ConfigSchema<I = any, O = any> = StandardSchemaV1<I, O> & StandardJSONSchemaV1<I, O>

export type ConfigInput<S extends ConfigSchema> = StandardSchemaV1.InferInput<S>
export type ConfigOutput<S extends ConfigSchema> = StandardSchemaV1.InferOutput<S>

/** Stands for the value of an environment variable; resolved before the configuration is validated. */
export interface FromEnv {
  readonly $env: string
  readonly default?: string
}

/** A configuration in which any value may come from the environment instead. */
export type Configurable<T> =
  | FromEnv
  | (T extends readonly (infer E)[] ? readonly Configurable<E>[] : T extends object ? { readonly [K in keyof T]: Configurable<T[K]> } : T)

/** `fromEnv('SMTP_PASSWORD')` in an edition; `{ "$env": "SMTP_PASSWORD" }` in an edition file. */
export function fromEnv(name: string, fallback?: string): FromEnv {
  return Object.freeze({ $env: name, ...(fallback === undefined ? {} : { default: fallback }) })
}
