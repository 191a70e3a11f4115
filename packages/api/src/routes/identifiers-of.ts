import type { Identifier, ProfileId } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'

/** The identifiers of many people. */
export async function identifiersOf(
  platform: { readonly store: Store },
  workspace: string,
  people: readonly ProfileId[],
): Promise<ReadonlyMap<ProfileId, Identifier[]>> {
  const { profiles } = platform.store.in(workspace)
  const known = await profiles.identifiersOf(people)
  return new Map([...known].map(([profile, identifiers]) => [profile, identifiers.map(({ type, value }) => ({ type, value }))]))
}
