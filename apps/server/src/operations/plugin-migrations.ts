import type { Edition, InstanceId, MigrationSet, PluginDatabase } from '@tenon/kernel'
import { migrationsOf } from '@tenon/kernel/runtime'

/** Which schemas of Postgres the plugins of an edition make, and how. */
export const pluginMigrations = (edition: Edition): ReadonlyMap<InstanceId, MigrationSet<PluginDatabase>> =>
  new Map([...migrationsOf(edition)].flatMap(([instance, { postgres }]) => (postgres === undefined ? [] : [[instance, postgres] as const])))
