import type { Analytics } from '@tenon/analytics'
import type { InstanceId } from '@tenon/kernel'
import {
  type Clock,
  durationMs,
  type Logger,
  type LongCallContext,
  type Meter,
  type Recommender,
  type Scorer,
} from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { Store } from '@tenon/store'
import { measureTraining } from '../metrics.ts'

const memoryBytes = 1024 ** 3

/** Of all time a recommender is trained for a tenth: what a training takes grows with the events, and the engine has other work. */
const SHARE = 1 / 10
/** However long it took. */
const LONGEST_REST_MS = 3_600_000

/** Models of every recommender in every workspace: trained when they are too old, kept in the store, loaded in memory. */
export interface Models {
  /** The scorer to ask now; undefined where nothing has been trained yet. */
  scorer(workspace: string, instance: InstanceId): Promise<{ readonly scorer: Scorer; readonly version: string } | undefined>
  /**
   * Trains what is older than its recommender allows, or everything. Where the training takes more than a tenth of that, the model gets
   * older instead, by an hour at the most, also where the training failed. Failures are told and do not stop the others.
   */
  train(request: {
    readonly workspace: string
    readonly everything: boolean
    readonly signal: AbortSignal
  }): Promise<readonly TrainingReport[]>
}

export interface TrainingReport {
  readonly recommender: InstanceId
  readonly outcome: 'trained' | 'fresh' | 'elsewhere' | 'failed'
  readonly error?: unknown
}

export function createModels(options: {
  readonly store: Store
  readonly analytics: Pick<Analytics, 'in'>
  readonly gate: Pick<PrivacyGate, 'population'>
  readonly recommenders: ReadonlyMap<InstanceId, Recommender>
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  /** Milliseconds that have passed, whatever happens to the clock of the day. */
  readonly elapsed?: () => number
}): Models {
  const { store, analytics, gate, recommenders, clock, logger, meter, elapsed = () => performance.now() } = options
  const loaded = new Map<string, { readonly scorer: Scorer; readonly version: string; checkedAt: number }>()
  const freshMs = 1_000
  /** When the next training may begin for what the last one took here, of the time elapsed, by workspace and instance. */
  const restsUntil = new Map<string, number>()

  const contextOf = (workspace: string, signal: AbortSignal): LongCallContext => ({
    workspace,
    purpose: 'personalise',
    now: clock.now(),
    signal,
    memoryBytes,
    progress: () => {},
  })

  async function scorer(workspace: string, instance: InstanceId) {
    const key = keyOf(workspace, instance)
    const known = loaded.get(key)
    const now = clock.now().getTime()
    if (known !== undefined && now - known.checkedAt < freshMs) return known
    const latest = await store.in(workspace).models.latest('recommender', instance)
    if (latest === undefined) return undefined
    if (known?.version === latest.version) {
      known.checkedAt = now
      return known
    }
    const recommender = recommenders.get(instance)
    if (recommender === undefined) return undefined
    try {
      const fresh = await recommender.load({ model: latest.model }, contextOf(workspace, new AbortController().signal))
      const entry = { scorer: fresh, version: latest.version, checkedAt: now }
      loaded.set(key, entry)
      return entry
    } catch (error) {
      // The model before it still answers; the next training brings another.
      logger.error('a model can not be loaded', { workspace, recommender: instance, version: latest.version, error })
      if (known !== undefined) known.checkedAt = now
      return known
    }
  }

  const measured =
    (instance: InstanceId, run: (held: AbortSignal) => Promise<void>) =>
    async (held: AbortSignal): Promise<void> => {
      const begun = performance.now()
      try {
        await run(held)
        measureTraining(meter, { instance, outcome: 'done', begun })
      } catch (error) {
        measureTraining(meter, { instance, outcome: 'failed', begun })
        throw error
      }
    }

  async function trainOne(
    workspace: string,
    instance: InstanceId,
    recommender: Recommender,
    everything: boolean,
    signal: AbortSignal,
  ): Promise<TrainingReport> {
    const { models, items } = store.in(workspace)
    const latest = await models.latest('recommender', instance)
    const asOf = clock.now()
    const age = latest === undefined ? Number.POSITIVE_INFINITY : asOf.getTime() - latest.trainedAt.getTime()
    const key = keyOf(workspace, instance)
    const isDue = age >= (durationMs(recommender.training.every) ?? 0) && elapsed() >= (restsUntil.get(key) ?? 0)
    if (!everything && !isDue) return { recommender: instance, outcome: 'fresh' }
    const lease = await store.jobs.lease({
      job: `train ${workspace} ${instance}`,
      ttlMs: 60_000,
      signal,
      run: measured(instance, async (held) => {
        const begun = elapsed()
        try {
          const population = await gate.population({ workspace, purpose: 'personalise', action: 'compute' })
          const interactions = analytics.in(workspace).interactions({ population, items: () => items.all(), signal: held })
          const { model, parameters } = await recommender.train({ interactions, asOf, seed: 1 }, contextOf(workspace, held))
          await models.put({ kind: 'recommender', key: instance, version: asOf.toISOString(), model, quality: parameters, trainedAt: asOf })
        } finally {
          const now = elapsed()
          restsUntil.set(key, Math.min(begun + (now - begun) / SHARE, now + LONGEST_REST_MS))
        }
      }),
    })
    return { recommender: instance, outcome: lease.ran ? 'trained' : 'elsewhere' }
  }

  return {
    scorer,
    async train({ workspace, everything, signal }) {
      const reports: TrainingReport[] = []
      for (const [instance, recommender] of recommenders) {
        signal.throwIfAborted()
        try {
          reports.push(await trainOne(workspace, instance, recommender, everything, signal))
        } catch (error) {
          if (signal.aborted) throw error
          logger.error('a recommender could not be trained', { workspace, recommender: instance, error })
          reports.push({ recommender: instance, outcome: 'failed', error })
        }
      }
      return reports
    },
  }
}

const keyOf = (workspace: string, instance: InstanceId): string => JSON.stringify([workspace, instance])
