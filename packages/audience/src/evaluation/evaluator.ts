import { setTimeout as pause } from 'node:timers/promises'
import type { Analytics } from '@tenon/analytics'
import type { Clock, Logger, Meter, ProfileId } from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { Store } from '@tenon/store'
import type { Catalogue } from '../definitions/catalogue.ts'
import { around, purposesOf } from '../definitions/dependencies.ts'
import type { Live } from '../definitions/live.ts'
import { settle } from '../definitions/settle.ts'
import { countProfiles, countTransitions, measureEvaluation, type Scope } from '../metrics.ts'
import { endOrphans } from './endings.ts'
import { evaluateLayer } from './evaluate-layer.ts'
import { BREATH_MS, type Exclusive } from './exclusive.ts'
import { beginTurn, type Transition, type Turn } from './journal.ts'
import { fitWhereDue } from './models.ts'
import { isOutage } from './outage.ts'
import type { Troubles } from './troubles.ts'
import { consentsOf, processable } from './who-may.ts'

export interface EvaluationRequest {
  readonly workspace: string
  /** Everybody where absent. */
  readonly profiles?: readonly ProfileId[]
  /** This definition with what it needs and what needs it; all of them where absent. */
  readonly only?: Live
  /** Fits models anew, however young they are. */
  readonly refit?: boolean
  readonly signal?: AbortSignal
}

export interface EvaluationReport {
  readonly workspace: string
  /** The instant of the last turn. */
  readonly asOf: Date
  readonly definitions: number
  /** How many profiles were looked at; undefined for everybody. */
  readonly profiles: number | undefined
  readonly changedTagValues: number
  readonly transitions: readonly Transition[]
}

export interface Evaluator {
  /**
   * Evaluates definitions for everybody or for some. Each person is evaluated at one instant; everybody goes in portions with
   * instants of their own, and whoever else wants to evaluate gets a turn between two portions.
   */
  evaluate(request: EvaluationRequest): Promise<EvaluationReport>
  /** Ends what nothing makes any more. */
  endOrphans(workspace: string): Promise<void>
}

interface Sum {
  asOf: Date
  definitions: number
  changedTagValues: number
  readonly transitions: Transition[]
}

export function createEvaluator(station: {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: PrivacyGate
  readonly catalogue: Catalogue
  readonly exclusive: Exclusive
  readonly troubles: Troubles
  readonly clock: Clock
  readonly logger: Logger
  readonly meter: Meter
  readonly onTransition: (transition: Transition) => void
  /** Fires when the station stops. */
  readonly stopping: AbortSignal
  readonly portion: number
  readonly modelLimitMs: number
  readonly fitLimitMs: number
}): Evaluator {
  const { store, analytics, gate, catalogue, exclusive, troubles, clock, logger, meter, onTransition, stopping, portion } = station

  const inTurn = <T>(workspace: string, signal: AbortSignal, run: (turn: Turn, signal: AbortSignal) => Promise<T>): Promise<T> =>
    exclusive.take(
      `audience turn ${workspace}`,
      async (holding) => {
        const turn = await beginTurn({ store, analytics, workspace, clock, logger, signal: holding })
        countTransitions(meter, turn.recovered)
        for (const transition of turn.recovered) onTransition(transition)
        return run(turn, holding)
      },
      signal,
    )

  const chosen = (known: readonly Live[], only: Live | undefined): readonly Live[] => {
    if (only === undefined) return known
    const now = known.find(({ type, key }) => type === only.type && key === only.key)
    return now === undefined ? [] : [...around(now, known)]
  }

  /** Definitions are read again for each turn: one may have been changed or retired since the turn before. */
  async function evaluateSome(
    profiles: readonly ProfileId[],
    request: { workspace: string; only: Live | undefined; signal: AbortSignal },
    sum: Sum,
  ) {
    const { workspace, only } = request
    await inTurn(workspace, request.signal, async (turn, signal) => {
      const { layers, unsettled } = settle(await catalogue.live(workspace))
      for (const { live, reason } of unsettled)
        if (!troubles.isResting(workspace, live, 'evaluate')) troubles.failed(workspace, live, 'evaluate', reason)
      const wanted = new Set(chosen(layers.flat(), only))
      sum.asOf = turn.asOf
      sum.definitions = wanted.size
      const persons = await store.in(workspace).profiles.resolve(profiles)
      const people = new Set(profiles.map((profile) => persons.get(profile) ?? profile))
      const who = { workspace, profiles: [...people], now: turn.asOf, signal }
      const scope = {
        ...{ workspace, analytics: analytics.in(workspace), turn, people, signal },
        granted: new Set(await processable(gate, who)),
        consents: await consentsOf(gate, { ...who, purposes: [...wanted].flatMap(purposesOf) }),
      }
      for (const layer of layers) {
        signal.throwIfAborted()
        const result = await evaluateLayer(
          station,
          layer.filter((live) => wanted.has(live)),
          scope,
        )
        sum.changedTagValues += result.changed
        tell(sum, result.transitions)
      }
    })
  }

  function tell(sum: Pick<Sum, 'transitions'>, transitions: readonly Transition[]): void {
    countTransitions(meter, transitions)
    for (const transition of transitions) {
      sum.transitions.push(transition)
      onTransition(transition)
    }
  }

  async function fit(workspace: string, only: Live | undefined, refit: boolean, signal: AbortSignal): Promise<void> {
    for (const live of chosen(settle(await catalogue.live(workspace)).layers.flat(), only)) {
      if (live.plan.how !== 'model' || troubles.isResting(workspace, live, 'fit')) continue
      try {
        await fitWhereDue(station, { workspace, live, refit, signal })
        troubles.recovered(workspace, live, 'fit')
      } catch (error) {
        if (signal.aborted || isOutage(error)) throw error
        troubles.failed(workspace, live, 'fit', error)
      }
    }
  }

  async function end(workspace: string, signal: AbortSignal, sum: Sum): Promise<void> {
    await inTurn(workspace, signal, async (turn, holding) => {
      const ended = await endOrphans({ workspace, analytics: analytics.in(workspace), catalogue, turn, signal: holding })
      sum.changedTagValues += ended.changed
      tell(sum, ended.transitions)
    })
  }

  const empty = (): Sum => ({ asOf: clock.now(), definitions: 0, changedTagValues: 0, transitions: [] })

  async function evaluateAll({ workspace, profiles, only, refit = false, signal: given }: EvaluationRequest): Promise<EvaluationReport> {
    const signal = given === undefined ? stopping : AbortSignal.any([given, stopping])
    const sum = empty()
    const pages = profiles === undefined ? store.in(workspace).profiles.pages({ limit: portion }) : portions(profiles, portion)
    if (profiles === undefined) await fit(workspace, only, refit, signal)
    let isFirst = true
    for await (const page of pages) {
      if (!isFirst) await pause(BREATH_MS, undefined, { signal }).catch(() => {})
      isFirst = false
      await evaluateSome(page, { workspace, only, signal }, sum)
      countProfiles(meter, scopeOf({ profiles, only }), page.length)
    }
    if (profiles === undefined) await end(workspace, signal, sum)
    const { asOf, definitions, changedTagValues, transitions } = sum
    const counts = { definitions, profiles: profiles?.length, changedTagValues }
    logger.debug('evaluated', { workspace, ...counts, transitions: transitions.length })
    return { workspace, asOf, ...counts, transitions }
  }

  return {
    async evaluate(request) {
      const [scope, begun] = [scopeOf(request), performance.now()]
      try {
        const report = await evaluateAll(request)
        measureEvaluation(meter, { scope, outcome: 'done', begun })
        return report
      } catch (error) {
        measureEvaluation(meter, { scope, outcome: 'failed', begun })
        throw error
      }
    },
    endOrphans: (workspace) => end(workspace, stopping, empty()),
  }
}

const scopeOf = ({ profiles, only }: { profiles?: unknown; only?: unknown }): Scope =>
  profiles !== undefined ? 'people' : only !== undefined ? 'definition' : 'everybody'

function* portions(profiles: readonly ProfileId[], size: number): Generator<readonly ProfileId[]> {
  for (let from = 0; from < profiles.length; from += size) yield profiles.slice(from, from + size)
}
