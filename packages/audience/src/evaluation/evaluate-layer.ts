import type { ProfileId } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { type Live, outputsOf } from '../definitions/live.ts'
import { type Computed, computeModel } from './compute-model.ts'
import { computeMeasures, computeRules } from './compute-scans.ts'
import { divide } from './divide.ts'
import type { Transition } from './journal.ts'
import { isOutage } from './outage.ts'
import { type ComputedValue, recordValues } from './record-values.ts'
import type { TurnScope } from './scope.ts'
import type { Troubles } from './troubles.ts'

export interface LayerResult {
  readonly transitions: readonly Transition[]
  /** Tag values that changed. */
  readonly changed: number
}

/**
 * Evaluates definitions that do not need each other: one scan for all measures, one for all rules, models one by one. One that
 * can not be evaluated stays as it is and does not hold up the others.
 */
export async function evaluateLayer(
  station: { readonly store: Store; readonly troubles: Troubles; readonly modelLimitMs: number },
  layer: readonly Live[],
  scope: TurnScope,
): Promise<LayerResult> {
  const { troubles } = station
  const { workspace, analytics, people, turn, signal } = scope
  const able = layer.filter((live) => !troubles.isResting(workspace, live, 'evaluate'))
  const segments = able.flatMap((live) => (live.type === 'segment' ? outputsOf(live) : []))
  const told = () =>
    segments.length === 0 ? new Map<string, readonly ProfileId[]>() : analytics.transitions.toldOf(segments, [...people], { signal })
  const before = await told()

  const undone = new Set<Live>()
  const work = (run: (lives: readonly Live[]) => Promise<readonly Computed[]>) => ({
    run,
    isFatal: (error: unknown) => signal.aborted || isOutage(error),
    refused(live: Live, error: unknown) {
      undone.add(live)
      troubles.failed(workspace, live, 'evaluate', error)
    },
  })
  const of = (...hows: readonly Live['plan']['how'][]) => able.filter(({ plan }) => hows.includes(plan.how))
  const computed = [
    ...(await divide(
      of('measure'),
      work((lives) => computeMeasures(lives, scope)),
    )),
    ...(await divide(
      of('rule', 'cases'),
      work((lives) => computeRules(lives, scope)),
    )),
  ].flat()
  for (const live of of('model')) {
    const result = await divide(
      [live],
      work(async () => [await computeModel(station, live, scope)].flatMap((each) => each ?? [])),
    )
    if (result.flat().length === 0) undone.add(live)
    computed.push(...result.flat())
  }
  for (const live of able) if (!undone.has(live)) troubles.recovered(workspace, live, 'evaluate')

  // A merge in between moves memberships from one id to another: who did not stand still is left to the next evaluation.
  const after = await told()
  const changes = computed.flatMap(({ members }) =>
    [...members].map(([segment, now]) => difference(segment, { now, before: before.get(segment), after: after.get(segment), people })),
  )
  const transitions = await turn.record(changes)
  const values = new Map<string, ReadonlyMap<ProfileId, ComputedValue>>(computed.flatMap((each) => [...each.values]))
  return { transitions, changed: await recordValues(scope, values) }
}

function difference(
  segment: string,
  told: {
    readonly now: ReadonlySet<ProfileId>
    readonly before: readonly ProfileId[] | undefined
    readonly after: readonly ProfileId[] | undefined
    readonly people: ReadonlySet<ProfileId>
  },
): Pick<Transition, 'segment' | 'entered' | 'left'> {
  const [before, after] = [new Set(told.before), new Set(told.after)]
  const isSettled = (profile: ProfileId) => told.people.has(profile) && before.has(profile) === after.has(profile)
  return {
    segment,
    entered: [...told.now].filter((profile) => isSettled(profile) && !after.has(profile)),
    left: [...after].filter((profile) => isSettled(profile) && !told.now.has(profile)),
  }
}
