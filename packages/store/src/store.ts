import type { Health, InstanceId, MigrationSet, PluginDatabase } from '@tenon/kernel'
import type { Backups } from './backup/backups.ts'
import type { IngestStore } from './ingest/ingest-store.ts'
import type { Jobs } from './jobs/jobs.ts'
import type { ApiKeys } from './keys/api-keys.ts'
import type { MigrationReport } from './migrations/migrate.ts'
import type { StoreVitals } from './vitals/read-vitals.ts'
import type { StoreWork } from './vitals/read-work.ts'
import type { WorkspaceStore } from './workspace-store.ts'
import type { Workspaces } from './workspaces/workspaces.ts'

/** What must be transactional, in Postgres. */
export interface Store {
  /** Applies what is pending, unless a restore is unfinished; safe to call from every process of a fleet at once. */
  migrate(): Promise<MigrationReport>
  /** Names of the steps that `migrate` would apply. */
  pending(): Promise<readonly string[]>
  in(workspace: string): WorkspaceStore
  readonly workspaces: Workspaces
  readonly keys: ApiKeys
  readonly ingest: IngestStore
  readonly jobs: Jobs
  readonly backups: Backups
  /** Applies the steps of a plugin in the schema that belongs to its instance alone. */
  migratePlugin(plugin: { readonly instance: InstanceId; readonly migrations: MigrationSet<PluginDatabase> }): Promise<MigrationReport>
  /** The schema of an instance: what a host hands to a plugin that needs `core.postgres/1`. */
  plugin(instance: InstanceId): PluginDatabase
  /** What a doctor asks about the server. `slowS`: from how many seconds on a statement is slow; 30 where absent. */
  vitals(options?: { readonly slowS?: number }): Promise<StoreVitals>
  /** What a doctor asks about the work of Tenon. */
  work(): Promise<StoreWork>
  health(): Promise<Health>
  close(): Promise<void>
}
