import type { ConfigInput, ConfigSchema } from './config.ts'
import type { Running, SetupContext } from './lifecycle.ts'
import type { Migrations } from './migrations.ts'
import type { IdOf, Needs, Provides, RequiredIds } from './needs.ts'

/** The plugin contract of this copy of the kernel. A runtime accepts this number and the one before. */
export const CONTRACT = 1

/** A frozen value: what an edition uses. Its types say what it needs and provides. */
export interface Plugin<Id extends string, In, Req extends string, Prov extends string> {
  readonly $$type: '@tenon/Plugin'
  readonly id: Id
  readonly version: string
  /** Type-only; absent at run time. */
  readonly '~types'?: { readonly config: In; readonly requires: Req; readonly provides: Prov }
}

// biome-ignore lint/suspicious/noExplicitAny: the constraint that every plugin meets
export type AnyPlugin = Plugin<string, any, string, string>

export interface PluginSpec<Id extends string, S extends ConfigSchema, N extends Needs, P extends Provides> {
  /** Unique and stable, such as `acme.channel-pigeon`. */
  readonly id: Id
  /** Semantic version. */
  readonly version: string
  /** One sentence for lists and consoles. */
  readonly description?: string
  readonly config: S
  readonly needs: N
  readonly provides: P
  readonly migrations?: Migrations
  /**
   * Says that `setup` asks `configFor`, so that an edition may configure single workspaces. Such an edition is refused for every other
   * plugin: what it says would be ignored.
   */
  readonly perWorkspace?: true
  /** Builds the providers. No work with the outside world yet: that belongs in `start`. */
  setup(context: SetupContext<N, S>): Running<P> | Promise<Running<P>>
}

/**
 * Defines a plugin. What `setup` returns is checked by the compiler against `provides`; what it may reach is
 * `needs` and nothing else.
 */
export function definePlugin<const Id extends string, S extends ConfigSchema, const N extends Needs, const P extends Provides>(
  spec: PluginSpec<Id, S, N, P>,
): Plugin<Id, ConfigInput<S>, RequiredIds<N[keyof N]>, IdOf<P[keyof P]>> {
  return Object.freeze({ $$type: '@tenon/Plugin', contract: CONTRACT, ...spec })
}
