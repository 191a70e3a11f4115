import type { Adapter } from './adapter.ts'
import type { CapabilityId } from './capability.ts'
import type { Configurable } from './config.ts'
import type { InstanceId } from './lifecycle.ts'
import type { AnyPlugin } from './plugin.ts'

export interface UseOptions<C> {
  /** The name of this instance; two uses of one plugin need different names. */
  readonly as?: InstanceId
  /** `continue`: the edition starts without an instance that fails in `setup` or `start`, and says so in its health. */
  readonly onFailure?: 'abort' | 'continue'
  /** What one workspace has otherwise; merged over the configuration key by key, then validated. For plugins with `perWorkspace`. */
  readonly workspaces?: Readonly<Record<string, Partial<Configurable<C>>>>
}

/** One plugin in an edition, with its configuration. */
export interface Use<P extends AnyPlugin = AnyPlugin> {
  readonly plugin: P
  readonly config: unknown
  readonly as: InstanceId
  readonly onFailure: 'abort' | 'continue'
  readonly workspaces: Readonly<Record<string, unknown>>
}

type TypesOf<P> = P extends { readonly '~types'?: infer T } ? NonNullable<T> : never
type ConfigOf<P> = TypesOf<P> extends { config: infer C } ? C : never
type RequiresOf<U> = U extends Use<infer P> ? (TypesOf<P> extends { requires: infer R extends string } ? R : never) : never
type ProvidesOf<U> = U extends Use<infer P> ? (TypesOf<P> extends { provides: infer R extends string } ? R : never) : never

/** Puts a plugin into an edition. The configuration is checked by the compiler here and by its schema at start-up. */
export function use<P extends AnyPlugin>(plugin: P, config: Configurable<ConfigOf<P>>, options: UseOptions<ConfigOf<P>> = {}): Use<P> {
  return Object.freeze({
    plugin,
    config,
    as: options.as ?? plugin.id,
    onFailure: options.onFailure ?? 'abort',
    workspaces: options.workspaces ?? {},
  })
}

type Missing<U extends readonly Use[]> = Exclude<RequiresOf<U[number]>, ProvidesOf<U[number]>>

/** Readable in the editor: the property name says what is wrong. */
type Complete<U extends readonly Use[]> = [Missing<U>] extends [never]
  ? unknown
  : { readonly 'this edition lacks a plugin that provides': Missing<U> }

/** A checked list of plugins. `Provided` lets a host demand at compile time what it can not run without. */
export interface Edition<out Provided extends string = string> {
  readonly $$type: '@tenon/Edition'
  readonly name: string
  readonly plugins: readonly Use[]
  /** Which instance serves a capability of arity `one` that several plugins provide. */
  readonly choose: Readonly<Record<string, InstanceId>>
  readonly adapters: readonly Adapter[]
  /** Type-only; absent at run time. */
  readonly '~provided'?: Provided
}

/**
 * Assembles an edition. A missing plugin does not compile.
 *
 * @example
 * ```ts
 * const shop = defineEdition({ name: 'shop', plugins: [use(sourceSegment, {}), use(identityRules, {}), use(basicConsent, {})] })
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: a use of any plugin
export function defineEdition<const U extends readonly Use<any>[]>(
  edition: {
    readonly name: string
    readonly plugins: U
    readonly choose?: Readonly<Record<CapabilityId, InstanceId>>
    readonly adapters?: readonly Adapter[]
  } & Complete<U>,
): Edition<ProvidesOf<U[number]>> {
  return Object.freeze({
    $$type: '@tenon/Edition',
    name: edition.name,
    plugins: Object.freeze([...edition.plugins]),
    choose: Object.freeze({ ...edition.choose }),
    adapters: Object.freeze([...(edition.adapters ?? [])]),
  })
}
