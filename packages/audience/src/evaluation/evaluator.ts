import type { Analytics } from '@tenon/analytics'
import type { Clock, Logger, ProfileId } from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { Store } from '@tenon/store'
import type { Catalogue } from '../definitions/catalogue.ts'
import { dependenciesOf, layersOf, namesOf } from '../definitions/dependencies.ts'
import type { Live } from '../definitions/live.ts'
import { evaluateLayer } from './evaluate-layer.ts'
import { populationOf } from './population.ts'
import type { Transition } from './record-members.ts'
import { createTurns } from './turns.ts'

export interface EvaluationReport {
  readonly workspace: string
  readonly asOf: Date
  readonly definitions: number
  /** How many profiles were looked at; undefined for everybody. */
  readonly profiles: number | undefined
  readonly changedTagValues: number
  readonly transitions: readonly Transition[]
}

export interface Evaluator {
  /** Evaluates all definitions of a workspace, or one with what it needs, for everybody or for some, at one instant. */
  evaluate(request: {
    readonly workspace: string
    readonly profiles?: readonly ProfileId[]
    readonly only?: Live
    /** Fits models anew, however young they are. */
    readonly refit?: boolean
    readonly signal?: AbortSignal
  }): Promise<EvaluationReport>
}

export function createEvaluator(options: {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: PrivacyGate
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly logger: Logger
  readonly onTransition: (transition: Transition) => void
}): Evaluator {
  const { store, analytics, gate, catalogue, clock, logger, onTransition } = options
  const turns = createTurns()
  const silent = new AbortController().signal

  return {
    // Membership is compared between consecutive evaluations in the order of their instants: one at a time in a workspace.
    evaluate: (request) =>
      turns.take(request.workspace, async () => {
        const { workspace, profiles, only, refit = false, signal = silent } = request
        const asOf = clock.now()
        const known = await catalogue.live(workspace)
        const wanted = only === undefined ? known : withNeeds(only, known)
        const layers = layersOf(wanted)
        if (!layers.ok) throw new Error(`stored definitions go round in a circle: ${layers.cycle.join(' → ')}`)
        const population = await populationOf(gate, { workspace, profiles, now: asOf, signal })
        const scope = {
          workspace,
          analytics: analytics.in(workspace),
          asOf,
          population,
          refit,
          signal,
          ...(profiles === undefined ? {} : { profiles }),
        }
        const transitions: Transition[] = []
        let changedTagValues = 0
        for (const layer of layers.layers) {
          signal.throwIfAborted()
          const result = await evaluateLayer(store, layer, scope)
          changedTagValues += result.changed
          for (const transition of result.transitions) {
            transitions.push(transition)
            onTransition(transition)
          }
        }
        const report = { workspace, asOf, definitions: wanted.length, profiles: profiles?.length, changedTagValues, transitions }
        logger.debug('evaluated', {
          workspace,
          definitions: wanted.length,
          profiles: profiles?.length,
          changedTagValues,
          transitions: transitions.length,
        })
        return report
      }),
  }
}

function withNeeds(only: Live, known: readonly Live[]): readonly Live[] {
  const makers = new Map(known.flatMap((live) => namesOf(live).map((name) => [name, live] as const)))
  const wanted = new Set<Live>([known.find(({ type, key }) => type === only.type && key === only.key) ?? only])
  for (const live of wanted) {
    for (const dependency of dependenciesOf(live)) {
      const maker = makers.get(dependency)
      if (maker !== undefined) wanted.add(maker)
    }
  }
  return [...wanted]
}
