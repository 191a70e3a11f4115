import type { AnyCapability, Arity, Capability, CapabilityId } from './capability.ts'
import type { InstanceId } from './lifecycle.ts'

/** The need of a single provider that may be absent. */
export interface Optional<C extends AnyCapability> {
  readonly $$type: '@tenon/Optional'
  readonly of: C
}

/** The need of all providers, of which there must be one or more. */
export interface AtLeastOne<C extends AnyCapability> {
  readonly $$type: '@tenon/AtLeastOne'
  readonly of: C
}

export type Need = AnyCapability | Optional<AnyCapability> | AtLeastOne<AnyCapability>
/** The permission list of a plugin: what is not named here can not be reached. */
export type Needs = Readonly<Record<string, Need>>
export type Provides = Readonly<Record<string, AnyCapability>>

/** Needs the provider if there is one; `undefined` is handed over otherwise. */
// biome-ignore lint/suspicious/noExplicitAny: type-parameter constraint
export function optional<C extends Capability<CapabilityId, any, 'one'>>(of: C): Optional<C> {
  return Object.freeze({ $$type: '@tenon/Optional', of })
}

/** Needs all providers, and refuses an edition that has none. */
// biome-ignore lint/suspicious/noExplicitAny: type-parameter constraint
export function atLeastOne<C extends Capability<CapabilityId, any, 'many'>>(of: C): AtLeastOne<C> {
  return Object.freeze({ $$type: '@tenon/AtLeastOne', of })
}

type Delivered<C> = C extends Capability<CapabilityId, infer T, infer A> ? (A extends 'many' ? ReadonlyMap<InstanceId, T> : T) : never

/** What `setup` receives for a need. */
export type Resolved<N> =
  N extends Optional<infer C> ? Delivered<C> | undefined : N extends AtLeastOne<infer C> ? Delivered<C> : Delivered<N>

/** Distributive: `never` in, `never` out. */
// biome-ignore lint/suspicious/noExplicitAny: matching any shape
export type IdOf<C> = C extends Capability<infer Id, any, Arity> ? Id : never

type RequiredId<C> = Exclude<IdOf<C>, `core.${string}`>

/** Capability ids an edition must contain for these needs to be met. The host itself provides `core.*`. */
export type RequiredIds<N> =
  // biome-ignore lint/suspicious/noExplicitAny: matching any capability
  N extends Optional<any>
    ? never
    : N extends AtLeastOne<infer C>
      ? RequiredId<C>
      : // biome-ignore lint/suspicious/noExplicitAny: matching any shape
        N extends Capability<CapabilityId, any, 'many'>
        ? never
        : RequiredId<N>
