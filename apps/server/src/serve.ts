import { createApi, openMeter, type Platform } from '@tenon/api'
import type { Clock, Logger } from '@tenon/kernel/contracts'
import { backUp, diagnose } from '@tenon/operations'
import type { Store } from '@tenon/store'
import { openControl } from './control/open-control.ts'
import { findEdition } from './edition.ts'
import { errors } from './errors.ts'
import { ensureKeys, type FirstKeys } from './keys.ts'
import { listen } from './listen.ts'
import { measured } from './measured.ts'
import { examineRunning } from './operations/examine.ts'
import type { Settings } from './settings.ts'
import { startPlatform } from './start-platform.ts'
import { openStores } from './stores.ts'
import { version } from './version.ts'

/** The workspace that a new installation starts with. */
export const firstWorkspace = 'main'

const drainMs = 10_000
const startedKey = 'server.started'

export interface RunningServer {
  readonly address: string
  readonly edition: string
  readonly keys: FirstKeys
  /** True until a start has come this far for the first time. */
  readonly isNew: boolean
  /** Whether a source of the edition serves `/v1/track`. */
  readonly takesTracks: boolean
  readonly store: Store
  stop(): Promise<void>
}

/** Starts stores, plugins, stations and the API; undoes all of it if a part fails. */
export async function serve(
  settings: Settings,
  context: {
    readonly env: Readonly<Record<string, string | undefined>>
    readonly cwd: string
    readonly clock: Clock
    readonly logger: Logger
  },
): Promise<RunningServer> {
  const { clock, logger, env, cwd } = context
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const edition = await findEdition(settings.edition, cwd)
    const listener = await listen(settings)
    undo.push(() => listener.close(drainMs))
    const meter = openMeter(measured)
    const stores = await openStores(settings, { clock, logger, meter })
    undo.push(stores.close)
    await stores.migrate()
    await stores.store.workspaces.ensure({ id: firstWorkspace, name: 'Main' })
    const { platform, stop: stopPlatform } = await startPlatform({
      edition,
      settings,
      stores,
      address: listener.address,
      ...{ env, cwd, clock, logger, meter },
    })
    undo.push(stopPlatform)
    const control = await openControl({
      dataDir: settings.dataDir,
      logger,
      handlers: {
        doctor: () => diagnose(examineRunning(settings, stores, platform)),
        backup: ({ body, tell, signal }) =>
          backUp({ ...stores, ...logsOf(platform.ingest), folder: folderIn(body), clock, version, onProgress: tell, signal }),
      },
    })
    undo.push(control.close)
    listener.serve(createApi(platform, { errors }).fetch)
    // The door closes first, then the stations finish what came in.
    undo.push(() => listener.close(drainMs))
    // Last of all: random keys are shown once, by whoever called, and a start that failed shows nothing.
    const { kv } = stores.store.in(firstWorkspace)
    const isNew = (await kv.get(startedKey)) === undefined
    const takesTracks = platform.ingest.routes.some(({ path }) => path === '/v1/track')
    const keys = await ensureKeys(stores.store, firstWorkspace, settings)
    await kv.set(startedKey, true)
    return { address: listener.address, edition: edition.name, keys, isNew, takesTracks, store: stores.store, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const logsOf = ({ holdLog, sharedLogs }: Platform['ingest']) => ({ holdLog, sharedLogs })

function folderIn(body: unknown): string {
  if (typeof body === 'object' && body !== null && 'folder' in body && typeof body.folder === 'string') return body.folder
  throw new TypeError('a backup needs a folder')
}
