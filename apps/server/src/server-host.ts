import type { Host } from '@tenon/cli'
import { core } from '@tenon/kernel/contracts'
import { hostNeeds, hostValues, migratePlugins } from './host.ts'
import { lateGate } from './late-gate.ts'
import { createLogger } from './log/create-logger.ts'
import { readSettings } from './settings.ts'
import { openStores } from './stores.ts'

/** The server's half of a kernel for commands that start an edition without a port: real stores, and a gate that stays shut. */
export const serverHost = (cwd: string): Host => ({
  core: [core.clock, core.logger, core.gate, core.postgres],
  needs: hostNeeds,
  canMigrate: true,
  async open({ env }) {
    const settings = readSettings(env, [], cwd)
    const clock = { now: () => new Date() }
    const logger = createLogger(settings.logLevel)
    const stores = await openStores(settings, { clock, logger })
    await stores.migrate()
    return {
      core: hostValues({ clock, logger, gate: lateGate(), store: stores.store }),
      clock,
      migrate: migratePlugins(stores.store),
      close: stores.close,
    }
  },
})
