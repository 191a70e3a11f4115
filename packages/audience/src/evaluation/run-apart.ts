import type { ProfileId } from '@tenon/kernel/contracts'
import { withUsers } from '../definitions/dependencies.ts'
import type { Live } from '../definitions/live.ts'
import type { ApartResult } from './apart.ts'
import { computeModel } from './compute-model.ts'
import { isOutage } from './outage.ts'
import { emptySum, type PortionStation, type Portions } from './portions.ts'
import { stopwatch } from './stopwatch.ts'
import { processable } from './who-may.ts'

/** Computes a model beside the turns, and then in one turn records what it says and evaluates everything that needs it. */
export async function runApart(
  station: PortionStation,
  portions: Portions,
  request: {
    readonly workspace: string
    readonly live: Live
    readonly people: ReadonlySet<ProfileId>
    readonly signal: AbortSignal
  },
): Promise<ApartResult> {
  const { store, analytics, gate, troubles, clock, giveWay, patienceMs, modelLimitMs } = station
  const { workspace, live, people, signal } = request
  const nothing = { transitions: [], changed: 0, isPrompt: false }
  if (troubles.isResting(workspace, live, 'evaluate')) return nothing
  const asOf = clock.now()
  const granted = new Set(await processable(gate, { workspace, profiles: [...people], now: asOf, signal }))
  const watch = stopwatch(patienceMs)
  try {
    const scope = { workspace, analytics: analytics.in(workspace), asOf, granted, signal }
    const begun = performance.now()
    const result = await computeModel({ store, limitMs: modelLimitMs }, live, scope).finally(() =>
      giveWay.worked(performance.now() - begun),
    )
    const isPrompt = watch.isInTime()
    if (result === undefined) return { ...nothing, isPrompt }
    const persons = await store.in(workspace).profiles.resolve([...people])
    const same = [...people].filter((profile) => (persons.get(profile) ?? profile) === profile)
    const isOf = ({ type, key, version }: Live) => type === live.type && key === live.key && version === live.version
    const choose = (known: readonly Live[]) => known.filter(isOf).flatMap((now) => [...withUsers(now, known)])
    const sum = emptySum(asOf)
    await portions.evaluate(same, { workspace, choose, computed: { result, isOf }, signal }, sum)
    return { transitions: sum.transitions, changed: sum.changedTagValues, isPrompt }
  } catch (error) {
    if (signal.aborted || isOutage(error)) throw error
    troubles.failed(workspace, live, 'evaluate', error)
    return nothing
  } finally {
    watch.stop()
  }
}
