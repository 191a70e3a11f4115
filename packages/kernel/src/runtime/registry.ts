import type { AnyCapability, CapabilityId } from '../plugin/capability.ts'
import type { GuardTools } from '../plugin/guard.ts'
import type { InstanceId } from '../plugin/lifecycle.ts'
import { type AdapterValue, adaptationsOf } from './adaptation.ts'
import type { Catalogue } from './catalogue.ts'
import type { InstanceConfig } from './config.ts'
import { type Container, createContainer } from './container.ts'
import { CapabilityUnavailable } from './errors.ts'
import { coreValueFor } from './per-instance.ts'
import type { Wire } from './wiring.ts'

export interface Provided {
  readonly id: CapabilityId
  readonly provider: unknown
}

/** Holds the values of one kernel: core capabilities, guarded providers, configurations. */
export interface Registry {
  core(capability: AnyCapability, instance?: InstanceId): unknown
  /** Puts the guard around every provider of an instance, and around every adapted form of it, once. */
  provide(providers: readonly Provided[], tools: GuardTools): void
  /** What a consumer (the host where it is absent) gets for a need: a value, a map of them, or undefined when nothing is there. */
  resolve(wire: Wire, consumer?: InstanceId): unknown
  /** The same; throws `TENON_CAPABILITY_UNAVAILABLE` when the need is not optional: an instance that the edition could do without may not have started. */
  demand(wire: Wire, consumer?: InstanceId): unknown
  putConfig(instance: InstanceId, config: InstanceConfig): void
  configFor(instance: InstanceId, workspace?: string): unknown
}

export function createRegistry(options: {
  readonly core: ReadonlyMap<AnyCapability, unknown>
  readonly catalogue: Catalogue
  readonly adapters: readonly AdapterValue[]
}): Registry {
  const { catalogue, adapters } = options
  const container = createContainer()
  const workspaces = new Map<string, Container>()
  for (const [{ id }, value] of options.core) container.put(coreName(id), value)

  const core = ({ id }: AnyCapability, instance?: InstanceId): unknown =>
    container.has(coreName(id)) ? coreValueFor(instance, container.get(coreName(id))) : undefined
  const workspaceOf = (workspace: string): Container => {
    const known = workspaces.get(workspace) ?? container.child()
    workspaces.set(workspace, known)
    return known
  }
  const isThere = ({ capability, from }: Wire): boolean =>
    from === 'host' ? container.has(coreName(capability.id)) : from.some((instance) => container.has(providerName(capability.id, instance)))
  const resolve = ({ capability, from }: Wire, consumer?: InstanceId): unknown => {
    if (from === 'host') return core(capability, consumer)
    const there = from.filter((instance) => container.has(providerName(capability.id, instance)))
    const providerOf = (instance: InstanceId): unknown => container.get(providerName(capability.id, instance))
    if (capability.arity === 'many') return new Map(there.map((instance) => [instance, providerOf(instance)]))
    const [only] = there
    return only === undefined ? undefined : providerOf(only)
  }
  return Object.freeze({
    core,
    provide(providers: readonly Provided[], tools: GuardTools) {
      const forms = providers.flatMap(({ id, provider }) => adaptationsOf(id, adapters).map((adaptation) => ({ provider, ...adaptation })))
      // What is provided as it is comes first: an adapter only fills what is missing.
      for (const { provider, to, chain } of forms.toSorted((left, right) => left.chain.length - right.chain.length)) {
        const name = providerName(to, tools.instance)
        if (container.has(name)) continue
        const adapted = chain.reduce((value, adapter) => adapter.adapt(value), provider)
        const guard = catalogue.get(to)?.guard
        container.put(name, guard === undefined ? adapted : guard(adapted, tools))
      }
    },
    resolve,
    demand(wire: Wire, consumer?: InstanceId) {
      if (wire.presence === 'optional' || isThere(wire)) return resolve(wire, consumer)
      const who = wire.from === 'host' ? 'the host' : wire.from.join(' and ')
      throw CapabilityUnavailable.create({ capability: wire.capability.id, reason: `${who} did not start` })
    },
    putConfig(instance: InstanceId, { value, workspaces: others }: InstanceConfig) {
      container.put(configName(instance), value)
      for (const [workspace, other] of others) workspaceOf(workspace).put(configName(instance), other)
    },
    configFor: (instance: InstanceId, workspace?: string) =>
      ((workspace === undefined ? undefined : workspaces.get(workspace)) ?? container).get(configName(instance)),
  })
}

const coreName = (id: CapabilityId): string => `core ${id}`
const providerName = (id: CapabilityId, instance: InstanceId): string => `provider ${id} of ${instance}`
const configName = (instance: InstanceId): string => `config of ${instance}`
