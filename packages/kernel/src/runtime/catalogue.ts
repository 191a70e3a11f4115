import type { AnyCapability, Arity, CapabilityId } from '../plugin/capability.ts'
import type { Guard } from '../plugin/guard.ts'
import type { Need, Needs } from '../plugin/needs.ts'

/** What is known of a capability from everyone who names it. */
export interface CatalogueEntry {
  readonly id: CapabilityId
  readonly arity: Arity
  // biome-ignore lint/suspicious/noExplicitAny: the guard of any capability
  readonly guard: Guard<any> | undefined
}

export type Catalogue = ReadonlyMap<CapabilityId, CatalogueEntry>

export interface ArityConflict {
  readonly id: CapabilityId
  readonly arities: readonly Arity[]
}

/**
 * Gathers every capability that is named, first come first served. The guard is that of the first who brings
 * one, so the host goes first: a plugin can not take a guard away by bringing its own copy of a contract.
 */
export function catalogueOf(capabilities: Iterable<AnyCapability>): {
  readonly catalogue: Catalogue
  readonly conflicts: readonly ArityConflict[]
} {
  const catalogue = new Map<CapabilityId, CatalogueEntry>()
  const conflicts = new Map<CapabilityId, ArityConflict>()
  for (const { id, arity, guard } of capabilities) {
    const known = catalogue.get(id)
    catalogue.set(id, { id, arity: known?.arity ?? arity, guard: known?.guard ?? guard })
    if (known !== undefined && known.arity !== arity) conflicts.set(id, { id, arities: [known.arity, arity] })
  }
  return { catalogue, conflicts: [...conflicts.values()] }
}

/** The capability that a need is of. */
export const capabilityOf = (need: Need): AnyCapability => (need.$$type === '@tenon/Capability' ? need : need.of)

export const capabilitiesOf = (needs: Needs): readonly AnyCapability[] => Object.values(needs).map(capabilityOf)
