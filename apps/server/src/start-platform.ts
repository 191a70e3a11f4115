import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Platform, PrintedMeter } from '@tenon/api'
import { createAudience } from '@tenon/audience'
import { createBenefits, createRecommendations } from '@tenon/decision'
import { createEngage } from '@tenon/engage'
import { createIdentity, createMatching } from '@tenon/identity'
import { createImports } from '@tenon/import'
import { createFailedEvents, createIngest } from '@tenon/ingest'
import type { Edition, Health } from '@tenon/kernel'
import type { Clock, Logger } from '@tenon/kernel/contracts'
import { type Kernel, startKernel } from '@tenon/kernel/runtime'
import { createTrackingPlans } from '@tenon/plans'
import { createGate } from '@tenon/privacy'
import { hostNeeds, hostValues, migratePlugins } from './host.ts'
import { lateGate } from './late-gate.ts'
import { openLogsOf } from './open-logs.ts'
import { orderOrStop } from './order-or-stop.ts'
import { repeat } from './repeat.ts'
import { createRetention } from './retention.ts'
import type { Settings } from './settings.ts'
import type { Stores } from './stores.ts'
import { storerOf } from './storing/storer-of.ts'
import { version } from './version.ts'

export interface RunningPlatform {
  readonly platform: Platform
  /** Finishes what is in hand, station by station, in the direction of the data. */
  stop(): Promise<void>
}

/** Starts the plugins of an edition and the stations around them. */
export async function startPlatform(options: {
  readonly edition: Edition
  readonly settings: Settings
  readonly stores: Stores
  readonly address: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: PrintedMeter
}): Promise<RunningPlatform> {
  const { edition, settings, stores, env, cwd, clock, logger, meter } = options
  const { store, analytics } = stores
  const doorkeeper = lateGate()
  const kernel = await startKernel(edition, {
    core: hostValues({ clock, logger, gate: doorkeeper, store }),
    needs: hostNeeds,
    env,
    clock,
    logger,
    migrate: migratePlugins(store),
    lease: async (job, run) => {
      await store.jobs.lease({ job, ttlMs: 60_000, run })
    },
  })
  const { needs } = kernel
  const transformations = await orderOrStop(kernel)
  const gate = createGate({ meter, store, policies: needs.policies, clock, logger })
  doorkeeper.open(gate)
  const plans = createTrackingPlans({ store, clock })
  const {
    storer,
    kernel: seen,
    ...storing
  } = storerOf(settings, {
    here: { store, analytics, gate, identity: needs.identity, plans, transformations, clock, logger, meter },
    apart: { edition, env, cwd, addresses: stores.addresses },
    kernel,
  })
  const ingest = createIngest({
    store,
    sources: needs.sources,
    keys: store.keys,
    ...{ clock, logger, meter },
    log: await openLogsOf(settings, logger),
    ...(storer === undefined ? {} : { storer }),
  })
  const failedEvents = createFailedEvents({ store, analytics, ingest, clock, logger })
  const imports = createImports({
    store,
    ingest,
    rights: {
      folder: settings.importsDir,
      uploads: join(settings.dataDir, 'uploads'),
      hosts: settings.importHosts,
      connections: settings.importConnections,
    },
    scratchDir: join(settings.dataDir, 'import-readers'),
    clock,
    logger,
    meter,
  })
  const audience = createAudience({ store, analytics, gate, taggers: needs.taggers, segmenters: needs.segmenters, clock, logger, meter })
  const people = createIdentity({
    store,
    analytics,
    gate,
    policy: needs.identity,
    clock,
    logger,
    meter,
    undoWindowMs: settings.undoDays * 86_400_000,
    onChanged: async (workspace, profiles) => void (await audience.evaluate({ workspace, profiles })),
  })
  const matching = createMatching({ store, analytics, gate, policy: needs.identity, matchers: needs.matchers, clock, logger, meter })
  const recommendations = createRecommendations({ store, analytics, gate, recommenders: needs.recommenders, clock, logger, meter })
  const benefits = createBenefits({ store, audience, gate, kinds: needs.benefits, clock, meter })
  const engage = createEngage({
    store,
    gate,
    channels: needs.channels,
    traits: (workspace, profiles) => analytics.in(workspace).traits(profiles),
    unsubscribeUrl: (token) => `${settings.publicUrl ?? options.address}/u/${encodeURIComponent(token)}`,
    clock,
    logger,
    meter,
  })
  ingest.onStored(({ batch, profiles, receivedAt }) => audience.stored(batch, profiles, receivedAt))
  ingest.onTakenOver(audience.catchUp)
  const expiry = repeat({
    everyMs: 60_000,
    run: async (signal) => {
      for (const { id } of await store.workspaces.list()) await benefits.expire(id, signal)
    },
    onError: (error) => logger.error('benefits could not be expired; will try again', { error }),
  })
  const retention = createRetention({ store, analytics, settings, clock, logger })
  const settling = repeat({
    everyMs: 1_000,
    run: async (signal) => {
      for (const { id } of await store.workspaces.list()) await people.settle({ workspace: id, signal })
    },
    onError: (error) => logger.error('what follows from an unmerge could not be done; will try again', { error }),
  })
  const squashing = repeat({
    everyMs: 3_600_000,
    run: async () => {
      await store.jobs.lease({
        job: 'identity.squash',
        ttlMs: 60_000,
        run: async (signal) => {
          for (const { id } of await store.workspaces.list()) await people.squash({ workspace: id, signal })
        },
      })
    },
    onError: (error) => logger.error('old merges could not be squashed; will try again', { error }),
  })

  const matchingRuns = repeat({
    everyMs: 60_000,
    run: async (signal) => {
      for (const { id } of await store.workspaces.list()) await matching.run({ workspace: id, everything: false, signal })
    },
    onError: (error) => logger.error('people could not be matched; will try again', { error }),
  })

  await ingest.start()
  imports.start()
  audience.start()
  recommendations.start()
  engage.start()
  expiry.start()
  retention.start()
  failedEvents.start()
  settling.start()
  squashing.start()
  matchingRuns.start()

  const platform: Platform = {
    version,
    store,
    analytics,
    gate,
    identity: needs.identity,
    people,
    matching,
    ingest,
    failedEvents,
    imports,
    plans,
    audience,
    recommendations,
    benefits,
    engage,
    kernel: { edition: kernel.edition, routes: kernel.routes, ...seen },
    storing,
    engine: { rssBytes: stores.engineBytes },
    clock,
    logger,
    meter,
    ready: () => readiness(seen, stores, ingest),
  }
  return {
    platform,
    async stop() {
      const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
        ['failed events', () => failedEvents.stop()],
        ['imports', () => imports.stop()],
        ['ingest', () => ingest.stop()],
        ['identity', () => Promise.all([settling.stop(), squashing.stop(), matchingRuns.stop()])],
        ['audience', () => audience.stop()],
        ['recommendations', () => recommendations.stop()],
        ['engage', () => engage.drain(AbortSignal.timeout(10_000))],
        ['benefits', () => expiry.stop()],
        ['retention', () => retention.stop()],
        ['plugins', () => kernel.stop()],
      ]
      for (const [station, stop] of steps) {
        try {
          await stop()
        } catch (error) {
          logger.error('a station did not stop cleanly', { station, error })
        }
      }
    },
  }
}

/** Whoever asks gives up soon. */
const HEALTH_LIMIT_MS = 2_000

async function readiness(
  kernel: Pick<Kernel, 'health'>,
  { store, analytics }: Stores,
  ingest: { health(): Health; logHealth(): Health },
): Promise<Record<string, Health>> {
  const late = delay(HEALTH_LIMIT_MS, { ok: false, detail: `no answer in ${HEALTH_LIMIT_MS} ms` }, { ref: false })
  const [plugins, postgres, clickhouse] = await Promise.all([kernel.health(), store.health(), Promise.race([analytics.health(), late])])
  return {
    postgres,
    clickhouse: clickhouse.ok ? { status: 'ok' } : { status: 'down', reason: clickhouse.detail ?? 'no answer' },
    log: ingest.logHealth(),
    ingest: ingest.health(),
    // A plugin that is down takes its own work down, not the door: everybody else's events still come in.
    ...Object.fromEntries(Object.entries(plugins).map(([instance, health]) => [`plugin ${instance}`, degraded(health)])),
  }
}

const degraded = (health: Health): Health => (health.status === 'down' ? { status: 'degraded', reason: health.reason } : health)
