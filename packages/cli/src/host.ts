import type { AnyCapability, Needs } from '@tenon/kernel'
import type { KernelClock, KernelLogger, Migrate } from '@tenon/kernel/runtime'

/** The half of a kernel that is no plugin: what provides `core.*`, and what it needs of an edition itself. */
export interface Host {
  /** The capabilities that it provides once it is open; enough to check an edition. */
  readonly core: readonly AnyCapability[]
  readonly needs: Needs
  /** Whether it applies the migrations of plugins. */
  readonly canMigrate: boolean
  /** Opens stores and whatever else the capabilities stand on, but no port. */
  open(options: { readonly env: Readonly<Record<string, string | undefined>>; readonly logger: KernelLogger }): Promise<OpenHost>
}

export interface OpenHost {
  readonly core: ReadonlyMap<AnyCapability, unknown>
  readonly clock: KernelClock
  readonly migrate?: Migrate
  close(): Promise<void>
}
