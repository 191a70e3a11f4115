import type { Channel, ProfileId, Properties } from '@tenon/kernel/contracts'
import type { WorkspaceStore } from '@tenon/store'

/** Traits of profiles: the newest value of each. */
export type TraitLookup = (workspace: string, profiles: readonly ProfileId[]) => Promise<ReadonlyMap<ProfileId, Properties>>

/** Where each person is reached, as of now; whoever is absent can not be reached. The newest identifier of a type counts. */
export async function addressesOf(
  { address }: Pick<Channel, 'address'>,
  profiles: readonly ProfileId[],
  from: { readonly workspace: WorkspaceStore; readonly traits: TraitLookup | undefined },
): Promise<ReadonlyMap<ProfileId, string>> {
  const addresses = new Map<ProfileId, string>()
  if ('trait' in address) {
    const traits = profiles.length === 0 ? undefined : await from.traits?.(from.workspace.workspace, profiles)
    for (const profile of profiles) {
      const own = traits?.get(profile)
      const value = own !== undefined && Object.hasOwn(own, address.trait) ? own[address.trait] : undefined
      if (typeof value === 'string' && value !== '') addresses.set(profile, value)
    }
    return addresses
  }
  for (const profile of profiles) {
    const newest = (await from.workspace.profiles.identifiers(profile))
      .filter(({ type }) => type === address.identifier)
      .reduce<{ readonly value: string; readonly since: Date } | undefined>(
        (best, next) => (best === undefined || next.since >= best.since ? next : best),
        undefined,
      )
    if (newest !== undefined) addresses.set(profile, newest.value)
  }
  return addresses
}
