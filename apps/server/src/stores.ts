import { join } from 'node:path'
import { type Analytics, openAnalytics } from '@tenon/analytics'
import { residentBytes, startEmbedded } from '@tenon/embedded'
import { type Clock, type Logger, type Meter, noMeter } from '@tenon/kernel/contracts'
import { openStore, type Store } from '@tenon/store'
import { makeDataDir } from './data-dir.ts'
import type { Settings } from './settings.ts'

export interface Stores {
  readonly store: Store
  readonly analytics: Analytics
  /** Where they are, for another process of this machine. Passwords are in it: never printed. */
  readonly addresses: { readonly databaseUrl: string; readonly clickhouseUrl: string }
  /** Memory of the embedded engine; 0 where there is none. */
  engineBytes(): number
  /** Applies what is pending in both. Names of the steps that were applied now. */
  migrate(): Promise<{ readonly postgres: readonly string[]; readonly clickhouse: readonly string[] }>
  close(): Promise<void>
}

/** Opens the stores that the settings name; starts those that they do not. Neither is migrated yet. */
export async function openStores(
  settings: Settings,
  context: { readonly clock: Clock; readonly logger: Logger; readonly meter?: Meter },
): Promise<Stores> {
  const { clock, logger, meter = noMeter } = context
  const { databaseUrl: givenDatabase, clickhouseUrl: givenClickhouse } = settings
  await makeDataDir(settings.dataDir)
  const isEmbedded = givenDatabase === undefined || givenClickhouse === undefined
  const embedded = isEmbedded
    ? await startEmbedded({
        dir: join(settings.dataDir, 'stores'),
        ...(givenDatabase === undefined ? {} : { postgres: false as const }),
        ...(givenClickhouse === undefined ? {} : { clickhouse: false as const }),
        onExit: ({ server, reason }) =>
          logger.error('an embedded server went away and is started again', { server, reason: withoutValues(reason) }),
        log: (line) => logger.debug(withoutValues(line)),
      })
    : undefined
  const databaseUrl = givenDatabase ?? embedded?.databaseUrl
  const clickhouseUrl = givenClickhouse ?? embedded?.clickhouseUrl
  if (databaseUrl === undefined || clickhouseUrl === undefined) throw new Error('the embedded servers gave no address')
  const store = openStore({ databaseUrl, clock, logger })
  const analytics = openAnalytics({ clickhouseUrl, clock, logger, meter })
  const close = async () => {
    const closed = await Promise.allSettled([store.close(), analytics.close()])
    await embedded?.stop()
    for (const result of closed) if (result.status === 'rejected') logger.error('a store did not close', { error: result.reason })
  }
  return {
    store,
    analytics,
    addresses: { databaseUrl, clickhouseUrl },
    engineBytes: () => residentBytes(embedded?.health().clickhouse?.pid ?? 0),
    close,
    async migrate() {
      const [postgres, clickhouse] = [await store.migrate(), await analytics.migrate()]
      return { postgres: postgres.applied, clickhouse: clickhouse.applied }
    },
  }
}

/** What the engine stumbled over stands behind the name of its exception. */
const withoutValues = (lines: string): string => lines.replaceAll(/DB::Exception:.*/g, 'DB::Exception')
