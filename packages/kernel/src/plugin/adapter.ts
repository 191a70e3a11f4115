import type { Arity, Capability, CapabilityId } from './capability.ts'

/** Lets a provider of an older major serve consumers of a newer one for a whole major cycle. */
export interface Adapter {
  readonly $$type: '@tenon/Adapter'
  readonly from: CapabilityId
  readonly to: CapabilityId
}

export function defineAdapter<Old, New, A extends Arity>(spec: {
  readonly from: Capability<CapabilityId, Old, A>
  readonly to: Capability<CapabilityId, New, A>
  adapt(old: Old): New
}): Adapter {
  return Object.freeze({ $$type: '@tenon/Adapter', from: spec.from.id, to: spec.to.id, adapt: spec.adapt })
}
