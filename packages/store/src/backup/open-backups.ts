import type { Session } from '../database/session.ts'
import type { Backups } from './backups.ts'
import { onDirectConnection } from './direct-connection.ts'
import { finishRestore, plansOf, readOccupancy, restoreStore } from './restore.ts'
import { takeSnapshot } from './snapshot.ts'

export function openBackups(databaseUrl: string, session: Session): Backups {
  return Object.freeze({
    snapshot: (run, options) => takeSnapshot(databaseUrl, run, options?.signal),
    async record({ finishedAt, ...backup }) {
      await session.db
        .insertInto('tenon.backups')
        .values({ ...backup, finished_at: finishedAt })
        .execute()
    },
    occupancy: () => onDirectConnection(databaseUrl, readOccupancy),
    async restore(restore, content, plugins) {
      await restoreStore({ databaseUrl, session }, restore, content, plansOf(content.migrations, plugins, session))
    },
    finishRestore: (restore) => onDirectConnection(databaseUrl, (client) => finishRestore(client, restore)),
  } satisfies Backups)
}
