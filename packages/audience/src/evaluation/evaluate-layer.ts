import { errorCode } from '@tenon/kernel'
import type { ProfileId } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { type Live, outputsOf } from '../definitions/live.ts'
import { TooSlow } from '../errors.ts'
import type { Apart } from './apart.ts'
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

export interface LayerStation {
  readonly store: Store
  readonly troubles: Troubles
  readonly apart: Pick<Apart, 'has'>
  readonly modelLimitMs: number
  /** What a turn waits for the models of a layer. One that takes longer is computed apart from then on. */
  readonly patienceMs: number
}

/**
 * Evaluates definitions that do not need each other: one scan for all measures, one for all rules, models side by side. One that
 * can not be evaluated stays as it is and does not hold up the others; nor does a model that takes its time: it is among the `late`,
 * unless somebody has computed it before, which is then `ready`.
 */
export async function evaluateLayer(
  station: LayerStation,
  layer: readonly Live[],
  scope: LayerScope,
): Promise<LayerResult & { readonly late: readonly Live[] }> {
  const { troubles } = station
  const { workspace, analytics, people, turn, signal } = scope
  const able = layer.filter((live) => !troubles.isResting(workspace, live, 'evaluate'))
  const segments = able.flatMap((live) => (live.type === 'segment' ? outputsOf(live) : []))
  const told = () =>
    segments.length === 0 ? new Map<string, readonly ProfileId[]>() : analytics.transitions.toldOf(segments, [...people], { signal })
  const before = await told()

  const undone = new Set<Live>()
  const isFatal = (error: unknown) => signal.aborted || isOutage(error)
  const refused = (live: Live, error: unknown): void => {
    undone.add(live)
    troubles.failed(workspace, live, 'evaluate', error)
  }
  const work = (run: (lives: readonly Live[]) => Promise<readonly Computed[]>) => ({ run, isFatal, refused })
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
  const late: Live[] = []
  for (const { live, outcome } of await computeModels(station, of('model'), scope)) {
    if (outcome.status === 'rejected') {
      if (isFatal(outcome.reason)) throw outcome.reason
      refused(live, outcome.reason)
    } else if (outcome.value === 'late') late.push(live)
    else if (outcome.value !== undefined) {
      computed.push(outcome.value)
      continue
    }
    undone.add(live)
  }
  for (const live of able) if (!undone.has(live)) troubles.recovered(workspace, live, 'evaluate')

  // A merge in between moves memberships from one id to another: who did not stand still is left to the next evaluation.
  const after = await told()
  const changes = computed.flatMap(({ members }) =>
    [...members].map(([segment, now]) => difference(segment, { now, before: before.get(segment), after: after.get(segment), people })),
  )
  const transitions = await turn.record(changes)
  const values = new Map<string, ReadonlyMap<ProfileId, ComputedValue>>(computed.flatMap((each) => [...each.values]))
  return { transitions, changed: await recordValues(scope, values), late }
}

type LayerScope = TurnScope & { readonly ready?: ReadonlyMap<Live, Computed> }

/** Side by side, and all of them, also where one ends the turn: nothing of a turn goes on after it. */
async function computeModels(station: LayerStation, models: readonly Live[], scope: LayerScope) {
  const compute = async (
    live: Live,
  ): Promise<{ readonly live: Live; readonly outcome: PromiseSettledResult<Computed | 'late' | undefined> }> => {
    const [outcome] = await Promise.allSettled([scope.ready?.get(live) ?? computeInTurn(station, live, scope)])
    return { live, outcome }
  }
  return Promise.all(models.map(compute))
}

async function computeInTurn(station: LayerStation, live: Live, scope: TurnScope): Promise<Computed | 'late' | undefined> {
  const { store, apart, modelLimitMs, patienceMs } = station
  const isPatient = patienceMs < modelLimitMs
  if (isPatient && apart.has(scope.workspace, live)) return 'late'
  try {
    const limitMs = Math.min(patienceMs, modelLimitMs)
    return await computeModel({ store, limitMs }, live, { ...scope, asOf: scope.turn.asOf })
  } catch (error) {
    if (isPatient && errorCode(error) === TooSlow.code) return 'late'
    throw error
  }
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
