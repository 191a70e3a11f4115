import type { Shape } from './capability.ts'
import type { ConfigOutput, ConfigSchema } from './config.ts'
import type { Needs, Provides, Resolved } from './needs.ts'

/** The name of one use of a plugin in an edition: the plugin's id, or what `as` says. */
export type InstanceId = string

/** What this process is for. Routes are mounted in `api`, jobs run in `worker`; `all` is one process for everything. */
export type Role = 'all' | 'api' | 'worker'

export type Health = { readonly status: 'ok' } | { readonly status: 'degraded' | 'down'; readonly reason: string }

export interface SetupContext<N extends Needs, S extends ConfigSchema> {
  readonly instance: InstanceId
  readonly role: Role
  /** Validated and frozen. */
  readonly config: ConfigOutput<S>
  /** The configuration as one workspace has it: `config`, with what the edition says for that workspace on top; the same value at every call. For plugins with `perWorkspace`. */
  configFor(workspace: string): ConfigOutput<S>
  readonly needs: { readonly [K in keyof N]: Resolved<N[K]> }
  /** Runs on stop, last registered first, also when a later plugin fails to start. */
  onClose(release: () => void | Promise<void>): void
}

/** The web standard handler, so that this package knows no HTTP framework; a Hono app passes `app.fetch`. */
export type FetchHandler = (request: Request) => Response | Promise<Response>

/** Work that repeats: one runner across the fleet, never two runs at once. */
export interface Job {
  readonly name: string
  /** A duration such as `30s`, `10m`, `1d`. */
  readonly every: string
  run(signal: AbortSignal): Promise<void>
}

export interface Running<P extends Provides> {
  readonly provide: { readonly [K in keyof P]: Shape<P[K]> }
  /** Mounted under /plugins/<instance>. */
  readonly routes?: FetchHandler
  readonly jobs?: readonly Job[]
  /** After every plugin has been set up; the first moment at which work with the outside world is allowed. */
  readonly start?: (signal: AbortSignal) => void | Promise<void>
  /** Stop taking new work; finish what is in hand before the signal fires. */
  readonly drain?: (signal: AbortSignal) => void | Promise<void>
  readonly health?: (signal: AbortSignal) => Health | Promise<Health>
}

/** Names of the steps in which a plugin can hang or fail. */
export type Step = 'validate' | 'migrate' | 'setup' | 'start' | 'drain' | 'close' | 'health'
