import type { Identifier, IdentityPolicy, ProfileId } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { NotFound } from '../errors.ts'

interface Lookup {
  readonly store: Store
  readonly identity: IdentityPolicy
}

/** The person behind an identifier, looked up in its canonical form. */
export async function findProfile({ store, identity }: Lookup, workspace: string, identifier: Identifier): Promise<ProfileId | undefined> {
  const value = identity.types.find(({ type }) => type === identifier.type)?.normalise(identifier.value)
  return value === undefined ? undefined : store.in(workspace).profiles.find({ type: identifier.type, value })
}

/** As `findProfile`; throws `TENON_NOT_FOUND`. */
export async function profileOf(lookup: Lookup, workspace: string, identifier: Identifier): Promise<ProfileId> {
  const profile = await findProfile(lookup, workspace, identifier)
  if (profile === undefined) throw NotFound.create({ what: 'profile', name: `${identifier.type}:${identifier.value}` })
  return profile
}
