import type { Analytics } from '@tenon/analytics'
import type { Clock, Logger, Meter, ProfileId } from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { Store } from '@tenon/store'
import type { Catalogue } from '../definitions/catalogue.ts'
import { purposesOf } from '../definitions/dependencies.ts'
import type { Live } from '../definitions/live.ts'
import { settle } from '../definitions/settle.ts'
import { countTransitions } from '../metrics.ts'
import type { Apart } from './apart.ts'
import { type Computed, computedFor } from './compute-model.ts'
import { endOrphans } from './endings.ts'
import { evaluateLayer } from './evaluate-layer.ts'
import type { Exclusive } from './exclusive.ts'
import type { GiveWay } from './give-way.ts'
import { beginTurn, type Transition, type Turn } from './journal.ts'
import type { Troubles } from './troubles.ts'
import { consentsOf, processable } from './who-may.ts'

/** What an evaluation did so far. */
export interface Sum {
  asOf: Date
  definitions: number
  changedTagValues: number
  readonly transitions: Transition[]
}

export const emptySum = (asOf: Date): Sum => ({ asOf, definitions: 0, changedTagValues: 0, transitions: [] })

export type Choose = (known: readonly Live[]) => readonly Live[]

export interface PortionRequest {
  readonly workspace: string
  /** Of the definitions there are now, which to evaluate. */
  readonly choose: Choose
  /** Of these, which somebody else evaluates. */
  readonly isApart?: (live: Live) => boolean
  /** What a model has said already. */
  readonly computed?: { readonly result: Computed; isOf(live: Live): boolean }
  readonly signal: AbortSignal
}

/** What is done in one turn of a workspace. */
export interface Portions {
  /**
   * Definitions are read again for each turn: one may have been changed or retired since the turn before. Answers the models that
   * the turn did not wait for.
   */
  evaluate(profiles: readonly ProfileId[], request: PortionRequest, sum: Sum): Promise<readonly Live[]>
  /** Ends what nothing makes any more. */
  end(workspace: string, signal: AbortSignal, sum: Sum): Promise<void>
}

export interface PortionStation {
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
  readonly giveWay: GiveWay
  readonly modelLimitMs: number
  readonly patienceMs: number
}

export function createPortions(station: PortionStation, apart: Pick<Apart, 'has'>): Portions {
  const { store, analytics, gate, catalogue, exclusive, troubles, clock, logger, meter, giveWay, onTransition } = station

  const inTurn = <T>(workspace: string, signal: AbortSignal, run: (turn: Turn, signal: AbortSignal) => Promise<T>): Promise<T> =>
    exclusive.take(
      `audience turn ${workspace}`,
      async (holding) => {
        const turn = await beginTurn({ store, analytics, workspace, clock, logger, signal: holding })
        countTransitions(meter, turn.recovered)
        for (const transition of turn.recovered) onTransition(transition)
        const begun = performance.now()
        try {
          return await run(turn, holding)
        } finally {
          giveWay.worked(performance.now() - begun)
        }
      },
      signal,
    )

  function tell(sum: Pick<Sum, 'transitions'>, transitions: readonly Transition[]): void {
    countTransitions(meter, transitions)
    for (const transition of transitions) {
      sum.transitions.push(transition)
      onTransition(transition)
    }
  }

  async function evaluate(profiles: readonly ProfileId[], request: PortionRequest, sum: Sum): Promise<readonly Live[]> {
    const { workspace, choose, isApart = () => false, computed } = request
    const late: Live[] = []
    await inTurn(workspace, request.signal, async (turn, signal) => {
      const { layers, unsettled } = settle(await catalogue.live(workspace))
      for (const { live, reason } of unsettled)
        if (!troubles.isResting(workspace, live, 'evaluate')) troubles.failed(workspace, live, 'evaluate', reason)
      const wanted = new Set(choose(layers.flat()).filter((live) => !isApart(live)))
      sum.asOf = turn.asOf
      sum.definitions = wanted.size
      const persons = await store.in(workspace).profiles.resolve(profiles)
      const people = new Set(profiles.map((profile) => persons.get(profile) ?? profile))
      const who = { workspace, profiles: [...people], now: turn.asOf, signal }
      const granted = new Set(await processable(gate, who))
      const scope = {
        ...{ workspace, analytics: analytics.in(workspace), turn, people, granted, signal },
        consents: await consentsOf(gate, { ...who, purposes: [...wanted].flatMap(purposesOf) }),
        ready: new Map(
          [...wanted].flatMap((live) => (computed?.isOf(live) ? [[live, computedFor(computed.result, granted)] as const] : [])),
        ),
      }
      for (const layer of layers) {
        signal.throwIfAborted()
        const chosenOfLayer = layer.filter((live) => wanted.has(live))
        const result = await evaluateLayer({ ...station, apart }, chosenOfLayer, scope)
        sum.changedTagValues += result.changed
        tell(sum, result.transitions)
        late.push(...result.late)
      }
    })
    return late
  }

  async function end(workspace: string, signal: AbortSignal, sum: Sum): Promise<void> {
    await inTurn(workspace, signal, async (turn, holding) => {
      const ended = await endOrphans({ workspace, analytics: analytics.in(workspace), catalogue, turn, signal: holding })
      sum.changedTagValues += ended.changed
      tell(sum, ended.transitions)
    })
  }

  return { evaluate, end }
}
