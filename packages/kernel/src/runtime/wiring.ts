import type { AnyCapability, CapabilityId } from '../plugin/capability.ts'
import type { InstanceId } from '../plugin/lifecycle.ts'
import type { Need, Needs, Provides } from '../plugin/needs.ts'
import { type AdapterValue, adaptationsOf } from './adaptation.ts'
import { type Catalogue, capabilityOf } from './catalogue.ts'
import type { Edge } from './graph.ts'
import type { Problem } from './problem.ts'

/** What the wiring needs to know of an instance. */
export interface Member {
  readonly instance: InstanceId
  readonly needs: Needs
  readonly provides: Provides
}

/** A need, connected: who serves it. */
export interface Wire {
  /** Its name in `needs`. */
  readonly name: string
  readonly capability: AnyCapability
  readonly presence: 'required' | 'optional'
  /** `host`: a core capability. Otherwise the instances in the written order; one at most for arity `one`. */
  readonly from: 'host' | readonly InstanceId[]
}

export interface WiringRules {
  readonly members: readonly Member[]
  readonly adapters: readonly AdapterValue[]
  readonly catalogue: Catalogue
  readonly choose: Readonly<Record<string, InstanceId>>
  readonly core: ReadonlySet<CapabilityId>
}

/** Knows who provides what; answers for one need after the other. */
export interface Wiring {
  providersOf(id: CapabilityId): readonly InstanceId[]
  connect(name: string, need: Need): { readonly wire: Wire; readonly problem: string | undefined }
}

export function createWiring({ members, adapters, choose, core }: WiringRules): Wiring {
  const providers = new Map<CapabilityId, Set<InstanceId>>()
  for (const { instance, provides } of members) {
    for (const { to } of Object.values(provides).flatMap(({ id }) => adaptationsOf(id, adapters))) {
      providers.set(to, (providers.get(to) ?? new Set()).add(instance))
    }
  }
  const providersOf = (id: CapabilityId): readonly InstanceId[] => [...(providers.get(id) ?? [])]

  const connect: Wiring['connect'] = (name, need) => {
    const capability = capabilityOf(need)
    const { id, arity } = capability
    const optional = need.$$type === '@tenon/Optional' || (arity === 'many' && need.$$type !== '@tenon/AtLeastOne')
    const wire = (from: Wire['from']): Wire => ({ name, capability, presence: optional ? 'optional' : 'required', from })
    if (core.has(id)) return { wire: wire('host'), problem: undefined }
    const found = providersOf(id)
    if (found.length === 0) return { wire: wire([]), problem: optional ? undefined : missing(id, providers) }
    if (arity === 'many') return { wire: wire(found), problem: undefined }
    const chosen = choose[id] ?? (found.length === 1 ? found[0] : undefined)
    if (chosen !== undefined) return { wire: wire(found.includes(chosen) ? [chosen] : []), problem: undefined }
    return { wire: wire([]), problem: `'${id}' is provided by ${found.join(' and ')}; name one in edition.choose` }
  }
  return Object.freeze({ providersOf, connect })
}

/** Says which other majors there are: an adapter may be all that is wanting. */
function missing(id: CapabilityId, providers: ReadonlyMap<CapabilityId, ReadonlySet<InstanceId>>): string {
  const name = id.slice(0, id.lastIndexOf('/') + 1)
  const others = [...providers].filter(([other]) => other.startsWith(name)).map(([other, who]) => `'${other}' (${[...who].join(', ')})`)
  return `no plugin provides '${id}'${others.length === 0 ? '' : `; there is ${others.join(' and ')}: add an adapter`}`
}

/** What is wrong with `choose`. */
export function chooseProblems(rules: WiringRules, wiring: Wiring): readonly Problem[] {
  const instances = new Set(rules.members.map(({ instance }) => instance))
  return Object.entries(rules.choose).flatMap(([id, chosen]) => {
    const entry = [...rules.catalogue.values()].find((known) => known.id === id)
    const problem = (): string | undefined => {
      if (entry === undefined) return 'no plugin of this edition provides or needs this capability'
      if (entry.arity === 'many') return 'everyone who needs this capability gets all of its providers: there is nothing to choose'
      if (rules.core.has(entry.id)) return 'the host itself provides this capability: there is nothing to choose'
      if (!instances.has(chosen)) return `there is no instance '${chosen}'`
      return wiring.providersOf(entry.id).includes(chosen) ? undefined : `'${chosen}' does not provide this capability`
    }
    const found = problem()
    return found === undefined ? [] : [{ instance: undefined, kind: 'choose' as const, path: `choose.${id}`, problem: found }]
  })
}

/** Connects every need of an instance, or of the host. */
export function connectAll(
  instance: InstanceId | undefined,
  needs: Needs,
  wiring: Wiring,
): { readonly wires: readonly Wire[]; readonly problems: readonly Problem[] } {
  const connected = Object.entries(needs).map(([name, need]) => wiring.connect(name, need))
  const problems = connected.flatMap(({ wire, problem }) =>
    problem === undefined
      ? []
      : [{ instance, kind: 'need' as const, path: `${instance === undefined ? 'host.' : ''}needs.${wire.name}`, problem }],
  )
  return { wires: connected.map(({ wire }) => wire), problems }
}

/** What must be up before the owner of the wire. */
export function edgesOf(wire: Wire): readonly Edge[] {
  return wire.from === 'host' ? [] : wire.from.map((to) => ({ to, capability: wire.capability.id }))
}
