import type { Analytics } from '@tenon/analytics'
import { type Clock, durationMs, type LongCallContext, type Meter } from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { Store, StoredModel } from '@tenon/store'
import type { Live } from '../definitions/live.ts'
import { PluginIncomplete } from '../errors.ts'
import { measureFit } from '../metrics.ts'
import type { Exclusive } from './exclusive.ts'
import { historyOf } from './history.ts'
import { limited } from './limited.ts'

/** What a model may hold in memory while it learns or scores. */
const MEMORY_BYTES = 1024 ** 3

export const modelContext = (workspace: string, now: Date, signal: AbortSignal): LongCallContext => ({
  workspace,
  purpose: 'profile',
  now,
  signal,
  memoryBytes: MEMORY_BYTES,
  progress: () => {},
})

/** The model that a definition has now, if it was fitted for this version of the definition. */
export async function modelFor(store: Store, workspace: string, live: Live): Promise<StoredModel | undefined> {
  const latest = await store.in(workspace).models.latest(live.type, live.key)
  return latest?.version.startsWith(`${live.version}@`) ? latest : undefined
}

/**
 * Fits the model of a definition where there is none for its version, where it is older than the plan allows, or where `refit`
 * asks for it. A model learns from everybody and may take long: nobody's turn waits for it. Whether there is a new one.
 */
export async function fitWhereDue(
  station: {
    readonly store: Store
    readonly analytics: Analytics
    readonly gate: PrivacyGate
    readonly exclusive: Exclusive
    readonly clock: Clock
    readonly meter: Meter
    readonly fitLimitMs: number
  },
  request: { readonly workspace: string; readonly live: Live; readonly refit: boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  const { store, analytics, gate, exclusive, clock, meter, fitLimitMs } = station
  const { workspace, live, refit, signal } = request
  const { plan, type, key, definition, version } = live
  if (plan.how !== 'model' || !plan.fits) return false

  const started: { at?: number } = {}
  const fit = async (ending: AbortSignal): Promise<boolean> => {
    const current = await modelFor(store, workspace, live)
    const asOf = clock.now()
    if (current !== undefined && !refit && !isStale(current, plan.every, asOf)) return false
    started.at = performance.now()
    if (live.plugin.fit === undefined) throw PluginIncomplete.create({ kind: live.kind, method: 'fit' })
    const population = await gate.population({ workspace, purpose: 'profile', action: 'compute' })
    const history = historyOf({ analytics: analytics.in(workspace), until: asOf, population })
    const { model, quality } = await live.plugin.fit({ key, definition, history, asOf, seed: 1 }, modelContext(workspace, asOf, ending))
    ending.throwIfAborted()
    await store.in(workspace).models.put({ kind: type, key, version: `${version}@${asOf.toISOString()}`, model, quality, trainedAt: asOf })
    return true
  }
  // From outside: a plugin that does not listen to its limit goes on, and is over all the same.
  const end = (outcome: 'done' | 'failed'): void => {
    if (started.at !== undefined) measureFit(meter, { type, outcome, begun: started.at })
  }
  try {
    const isNew = await exclusive.take(
      `audience fit ${workspace} ${type} ${key}`,
      (lease) => limited({ what: `fitting ${type} ${key}`, limitMs: fitLimitMs, signal: lease, run: fit }),
      signal,
    )
    end('done')
    return isNew
  } catch (error) {
    end('failed')
    throw error
  }
}

const isStale = (model: StoredModel, every: string, now: Date): boolean =>
  model.trainedAt.getTime() + (durationMs(every) ?? 0) <= now.getTime()
