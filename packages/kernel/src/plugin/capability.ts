import type { Guard } from './guard.ts'

/** `<owner>.<name>/<major>`: the major is part of the identity, so v1 and v2 can be provided side by side. */
export type CapabilityId = `${string}.${string}/${number}`

/** `one`: a consumer gets the single (or chosen) provider. `many`: it gets all of them, keyed by instance. */
export type Arity = 'one' | 'many'

/**
 * A typed key for something plugins provide and need. Compared by `id`, never by object identity, so that a
 * plugin built against a second installed copy of this package still fits.
 */
export interface Capability<out Id extends CapabilityId, in out T, out A extends Arity> {
  readonly $$type: '@tenon/Capability'
  readonly id: Id
  readonly arity: A
  /** What the kernel puts around every provider: limits, consent, validation of what comes back. */
  readonly guard?: Guard<T>
  /** Type-only; absent at run time. */
  readonly '~shape'?: (value: T) => T
}

// biome-ignore lint/suspicious/noExplicitAny: the constraint that every capability meets; T is invariant
export type AnyCapability = Capability<CapabilityId, any, Arity>

/** The interface behind a capability. */
export type Shape<C> = C extends Capability<CapabilityId, infer T, Arity> ? T : never

/** Carries a type into an inferred call without a second pair of parentheses. */
export interface TypeOf<in out T> {
  readonly '~shape'?: (value: T) => T
}

/** `of<Channel>()`: names the interface behind a capability. */
export function of<T>(): TypeOf<T> {
  return {}
}

/**
 * Declares something that plugins can provide and need.
 *
 * @example
 * ```ts
 * interface Translator { translate(text: string): Promise<string> }
 * const translator = defineCapability({ id: 'acme.translator/1', arity: 'one', type: of<Translator>() })
 * ```
 */
export function defineCapability<const Id extends CapabilityId, T, const A extends Arity>(spec: {
  readonly id: Id
  readonly arity: A
  readonly type: TypeOf<T>
  readonly guard?: Guard<T>
}): Capability<Id, T, A> {
  const { id, arity, guard } = spec
  return Object.freeze({ $$type: '@tenon/Capability', id, arity, ...(guard === undefined ? {} : { guard }) })
}
