import type { Command } from '@tenon/cli'
import { createLogger } from './log/create-logger.ts'
import { readSettings } from './settings.ts'
import { openStores } from './stores.ts'

/** `tenon migrate`: brings both stores to this version, or says what it would apply. */
export const migrate: Command = {
  summary: 'bring Postgres and ClickHouse to this version',
  usage: '[--dry-run]',
  async run({ args, env, cwd, out }) {
    const isDryRun = args.includes('--dry-run')
    const settings = readSettings(
      env,
      args.filter((arg) => arg !== '--dry-run'),
      cwd,
    )
    const stores = await openStores(settings, { clock: { now: () => new Date() }, logger: createLogger(settings.logLevel) })
    try {
      const steps = isDryRun
        ? { postgres: await stores.store.pending(), clickhouse: await stores.analytics.pending() }
        : await stores.migrate()
      for (const [store, names] of Object.entries(steps)) {
        const what = isDryRun ? 'pending' : 'applied'
        out(names.length === 0 ? `${store}: up to date\n` : names.map((name) => `${store}: ${what} ${name}\n`).join(''))
      }
      return 0
    } finally {
      await stores.close()
    }
  },
}
