import type { Adapter } from '../plugin/adapter.ts'
import type { CapabilityId } from '../plugin/capability.ts'

/** An adapter as the runtime reads it. */
export interface AdapterValue extends Adapter {
  adapt(old: unknown): unknown
}

export function isAdapterValue(value: unknown): value is AdapterValue {
  return (
    typeof value === 'object' &&
    value !== null &&
    Reflect.get(value, '$$type') === '@tenon/Adapter' &&
    typeof Reflect.get(value, 'from') === 'string' &&
    typeof Reflect.get(value, 'to') === 'string' &&
    typeof Reflect.get(value, 'adapt') === 'function'
  )
}

/** One way to serve a capability with a provider of another one. */
export interface Adaptation {
  readonly to: CapabilityId
  /** Applied in this order; empty: the provider serves it as it is. */
  readonly chain: readonly AdapterValue[]
}

/** Everything that a provider of a capability can serve, the shortest way to each. */
export function adaptationsOf(id: CapabilityId, adapters: readonly AdapterValue[]): readonly Adaptation[] {
  const found = new Map<CapabilityId, Adaptation>([[id, { to: id, chain: [] }]])
  for (const { to, chain } of found.values()) {
    for (const adapter of adapters) {
      if (adapter.from === to && !found.has(adapter.to)) found.set(adapter.to, { to: adapter.to, chain: [...chain, adapter] })
    }
  }
  return [...found.values()]
}
