import type { Edition } from '../plugin/edition.ts'
import type { InstanceId } from '../plugin/lifecycle.ts'
import type { Migrations } from '../plugin/migrations.ts'
import { readPlugin } from './plugin-value.ts'

/** The migrations that the plugins of an edition bring, by instance: what a restore needs before anything is started. */
export const migrationsOf = ({ plugins }: Edition): ReadonlyMap<InstanceId, Migrations> =>
  new Map(
    plugins.flatMap(({ as, plugin }) => {
      const migrations = readPlugin(plugin).plugin?.migrations
      return migrations === undefined ? [] : [[as, migrations] as const]
    }),
  )
