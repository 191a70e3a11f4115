import type { Command } from '@tenon/cli'
import { restoreBackup } from '@tenon/operations'
import { createLogger } from '../log/create-logger.ts'
import { openRestorerOf } from '../open-logs.ts'
import { logFolderOf, readSettings } from '../settings.ts'
import { openStores } from '../stores.ts'
import { progressLine } from './backup-command.ts'
import { readFolder } from './folder-argument.ts'
import { pluginMigrations } from './plugin-migrations.ts'
import { describeBackup } from './report.ts'

/** `tenon restore <folder>`: into empty stores, that no server uses. */
export const restoreCommand: Command = {
  summary: 'bring a backup back into empty stores',
  usage: '<folder>',
  async run({ args, env, cwd, out, findEdition }) {
    const { folder } = readFolder({ args, cwd })
    const settings = readSettings(env, [], cwd)
    const plugins = pluginMigrations(await findEdition(settings.edition))
    const logger = createLogger(settings.logLevel)
    const stores = await openStores(settings, { clock: { now: () => new Date() }, logger })
    const streams = await openRestorerOf(settings, logger).catch(async (error: unknown) => {
      await stores.close()
      throw error
    })
    try {
      const { store, analytics } = stores
      const into = { store, analytics, logFolder: logFolderOf(settings), ...(streams === undefined ? {} : { streams }) }
      const onProgress = (progress: Parameters<typeof progressLine>[0]) => out(progressLine(progress))
      const manifest = await restoreBackup({ folder, ...into, plugins, onProgress })
      out(`restored ${describeBackup(manifest, folder)}`)
      return 0
    } finally {
      await streams?.close()
      await stores.close()
    }
  },
}
