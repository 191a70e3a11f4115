import { durationMs, type LongCallContext } from '@tenon/kernel/contracts'
import type { Store, StoredModel } from '@tenon/store'
import type { Live } from '../definitions/live.ts'
import { PluginIncomplete } from '../errors.ts'
import { historyOf } from './history.ts'
import type { EvaluationScope } from './scope.ts'

/** Of what a model may hold in memory while it learns or scores. */
const memoryBytes = 1024 ** 3

export const modelContext = (scope: EvaluationScope, purpose: string): LongCallContext => ({
  workspace: scope.workspace,
  purpose,
  now: scope.asOf,
  signal: scope.signal,
  memoryBytes,
  progress: () => {},
})

/**
 * The model of a definition, fitted anew where it is older than the plan allows or was fitted for another version of the
 * definition. A model learns from everybody, so an evaluation of a few profiles takes the one there is; undefined where
 * there is none yet, or where the plan needs none.
 */
export async function modelFor(store: Store, live: Live, scope: EvaluationScope): Promise<Uint8Array | undefined> {
  if (live.plan.how !== 'model' || !live.plan.fits) return undefined
  if (live.plugin.fit === undefined) throw PluginIncomplete.create({ kind: live.kind, method: 'fit' })
  const { models } = store.in(scope.workspace)
  const latest = await models.latest(live.type, live.key)
  const current = latest !== undefined && isOfVersion(latest, live) ? latest : undefined
  if (scope.profiles !== undefined) return current?.model
  if (current !== undefined && !scope.refit && !isStale(current, live.plan.every, scope.asOf)) return current.model
  const request = { key: live.key, definition: live.definition, history: historyOf(scope), asOf: scope.asOf, seed: 1 }
  const { model, quality } = await live.plugin.fit(request, modelContext(scope, 'profile'))
  await models.put({ kind: live.type, key: live.key, version: versionOf(live, scope.asOf), model, quality, trainedAt: scope.asOf })
  return model
}

const versionOf = (live: Live, at: Date): string => `${live.version}@${at.toISOString()}`
const isOfVersion = (model: StoredModel, live: Live): boolean => model.version.startsWith(`${live.version}@`)
const isStale = (model: StoredModel, every: string, now: Date): boolean =>
  model.trainedAt.getTime() + (durationMs(every) ?? 0) <= now.getTime()
