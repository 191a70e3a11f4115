import { layersOf, type NodeName, namesOf } from './dependencies.ts'
import type { Live } from './live.ts'

/** A definition that can not be evaluated beside the others. */
export interface Unsettled {
  readonly live: Live
  readonly reason: string
}

export interface Settled {
  /** In the order of their evaluation: whoever is in a layer needs only earlier ones. */
  readonly layers: readonly (readonly Live[])[]
  readonly unsettled: readonly Unsettled[]
}

/**
 * Definitions in layers. What is put is checked, but two processes may put at once, and a preset may come with a plugin that
 * was added later: of two that make the same name the one that a person defined is taken, and who goes round in a circle stands
 * still.
 */
export function settle(definitions: readonly Live[]): Settled {
  const unsettled: Unsettled[] = []
  const makers = new Map<NodeName, Live>()
  let able: Live[] = []
  for (const live of [...definitions].sort((left, right) => Number(left.version === 0) - Number(right.version === 0))) {
    const names = namesOf(live)
    const taken = names.find((name) => makers.has(name))
    if (taken === undefined) {
      for (const name of names) makers.set(name, live)
      able.push(live)
    } else unsettled.push({ live, reason: `${taken.replace(':', ' ')} is made by another definition` })
  }
  for (;;) {
    const layers = layersOf(able)
    if (layers.ok) return { layers: layers.layers, unsettled }
    const { cycle } = layers
    const round = new Set(cycle.map((name) => makers.get(name)))
    for (const live of able) if (round.has(live)) unsettled.push({ live, reason: `goes round in a circle: ${cycle.join(' → ')}` })
    able = able.filter((live) => !round.has(live))
  }
}
