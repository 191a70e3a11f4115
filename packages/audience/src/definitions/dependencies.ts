import type { Measure, Purpose } from '@tenon/kernel/contracts'
import { measureDependencies, ruleDependencies } from '@tenon/kernel/contracts'
import type { Live } from './live.ts'
import { outputsOf } from './live.ts'

/** Names of tags and segments, told apart: `tag:rfm.tier`, `segment:vip`. */
export type NodeName = `${'tag' | 'segment'}:${string}`

/** The tags and segments among what a rule reads. */
export const named = (deps: { readonly tags: readonly string[]; readonly segments: readonly string[] }): readonly NodeName[] => [
  ...deps.tags.map((tag): NodeName => `tag:${tag}`),
  ...deps.segments.map((segment): NodeName => `segment:${segment}`),
]

const ofMeasure = (measure: Measure): readonly NodeName[] => named(measureDependencies(measure))

/** What must be computed before it. Models read the history alone, so they depend on nothing. */
export function dependenciesOf(live: Live): readonly NodeName[] {
  if (live.type === 'segment') return live.plan.how === 'rule' ? named(ruleDependencies(live.plan.rule)) : []
  switch (live.plan.how) {
    case 'measure':
      return ofMeasure(live.plan.measure)
    case 'cases':
      return live.plan.cases.flatMap(({ when }) => named(ruleDependencies(when)))
    case 'model':
      return []
  }
}

/** Purposes that its rules ask about. */
export function purposesOf({ plan }: Live): readonly Purpose[] {
  if (plan.how === 'rule') return ruleDependencies(plan.rule).consents
  return plan.how === 'cases' ? plan.cases.flatMap(({ when }) => ruleDependencies(when).consents) : []
}

/** The definition with all that it needs and all that needs it. */
export function around(chosen: Live, known: readonly Live[]): ReadonlySet<Live> {
  const needs = needsOf(known)
  return new Set([...grow(chosen, (live) => needs.get(live) ?? []), ...withUsers(chosen, known)])
}

/** The definition with all that needs it. */
export function withUsers(chosen: Live, known: readonly Live[]): ReadonlySet<Live> {
  const needs = needsOf(known)
  return grow(chosen, (live) => known.filter((other) => needs.get(other)?.has(live)))
}

function needsOf(known: readonly Live[]): ReadonlyMap<Live, ReadonlySet<Live>> {
  const makers = new Map(known.flatMap((live) => namesOf(live).map((name) => [name, live] as const)))
  return new Map(known.map((live) => [live, new Set(dependenciesOf(live).flatMap((name) => makers.get(name) ?? []))]))
}

function grow(chosen: Live, next: (live: Live) => Iterable<Live>): ReadonlySet<Live> {
  const found = new Set([chosen])
  for (const live of found) for (const other of next(live)) found.add(other)
  return found
}

export const namesOf = (live: Live): readonly NodeName[] => outputsOf(live).map((output): NodeName => `${live.type}:${output}`)

export type Layers =
  | { readonly ok: true; readonly layers: readonly (readonly Live[])[] }
  /** From a definition round to itself. */
  | { readonly ok: false; readonly cycle: readonly NodeName[] }

/** Definitions in the order of their evaluation: whoever is in a layer needs only earlier ones. */
export function layersOf(definitions: readonly Live[]): Layers {
  const makers = new Map(definitions.flatMap((live) => namesOf(live).map((name) => [name, live] as const)))
  const depths = new Map<Live, number>()
  const path: { readonly live: Live; readonly name: NodeName }[] = []
  const depthOf = (live: Live, name: NodeName): number | readonly NodeName[] => {
    const known = depths.get(live)
    if (known !== undefined) return known
    const start = path.findIndex((step) => step.live === live)
    if (start >= 0) return [...path.slice(start).map((step) => step.name), name]
    path.push({ live, name })
    let depth = 0
    for (const dependency of dependenciesOf(live)) {
      const maker = makers.get(dependency)
      if (maker === undefined) continue
      const below = depthOf(maker, dependency)
      if (typeof below !== 'number') return below
      depth = Math.max(depth, below + 1)
    }
    path.pop()
    depths.set(live, depth)
    return depth
  }
  const layers: Live[][] = []
  for (const live of definitions) {
    const depth = depthOf(live, namesOf(live)[0] ?? `${live.type}:${live.key}`)
    if (typeof depth !== 'number') return { ok: false, cycle: depth }
    const layer = layers[depth] ?? []
    layer.push(live)
    layers[depth] = layer
  }
  return { ok: true, layers }
}
