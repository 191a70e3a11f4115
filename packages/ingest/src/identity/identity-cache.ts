import type { Identifier, Owner, ProfileId } from '@tenon/kernel/contracts'
import { keyOf } from './people.ts'

/** What one batch did to the people of a workspace, known once its transaction is done. */
export interface IdentityChange {
  readonly workspace: string
  /** The version of identities before and after. */
  readonly before: number
  readonly after: number
  /** Who was looked up or changed, the last word about each last. */
  readonly owners: readonly Owner[]
  /** Profiles that became part of another. */
  readonly gone: readonly ProfileId[]
  /** Whose events with these keys are, as long as the owner is the same: see `settledKey`. */
  readonly settled: readonly (readonly [key: string, profile: ProfileId])[]
}

/**
 * Remembers who holds which identifiers: most events are of people who were seen a moment ago. An answer counts only for the version of
 * identities that it was read with; any other version, made by whatever process, and the workspace is forgotten.
 */
export interface IdentityCache {
  /** The owners that are known at this version, and the identifiers about which nothing is. */
  look(
    workspace: string,
    version: number,
    identifiers: readonly Identifier[],
  ): { readonly owners: readonly Owner[]; readonly unknown: readonly Identifier[] }
  /** Whose events with this key are, of what was settled before and is so at this version. */
  settled(workspace: string, version: number): (key: string) => ProfileId | undefined
  /** To be told when the transaction is committed, never before. */
  learn(change: IdentityChange): void
}

/** About 250 bytes each; keys of settled events are as many at most. */
const IDENTIFIERS = 200_000

interface Known {
  version: number
  readonly owners: Map<ProfileId, Owner>
  readonly holders: Map<string, Owner>
  /** Counts only while the owner is the one who is known by the profile. */
  readonly settled: Map<string, Owner>
}

export function createIdentityCache(limit: number = IDENTIFIERS): IdentityCache {
  // The one that was used last comes last; so with people within a workspace.
  const workspaces = new Map<string, Known>()
  let held = 0

  const forget = (known: Known, owner: Owner | undefined): void => {
    if (owner === undefined) return
    known.owners.delete(owner.profile)
    held -= owner.identifiers.length
    for (const identifier of owner.identifiers) {
      const key = keyOf(identifier)
      if (known.holders.get(key) === owner) known.holders.delete(key)
    }
  }
  const forgetAll = (workspace: string): void => {
    for (const owner of workspaces.get(workspace)?.owners.values() ?? []) held -= owner.identifiers.length
    workspaces.delete(workspace)
  }
  const knownOf = (workspace: string, version: number): Known => {
    const last = workspaces.get(workspace)
    if (last !== undefined && last.version !== version) forgetAll(workspace)
    const known = workspaces.get(workspace) ?? { version, owners: new Map(), holders: new Map(), settled: new Map() }
    workspaces.delete(workspace)
    workspaces.set(workspace, known)
    return known
  }
  const shrink = (): void => {
    for (const [workspace, known] of workspaces) {
      for (const owner of known.owners.values()) {
        if (held <= limit) return
        forget(known, owner)
      }
      if (known.owners.size === 0) workspaces.delete(workspace)
    }
  }

  const use = (known: Known, owner: Owner): void => {
    known.owners.delete(owner.profile)
    known.owners.set(owner.profile, owner)
  }

  return {
    settled(workspace, version) {
      const known = workspaces.get(workspace)
      if (known === undefined || known.version !== version) return () => undefined
      return (key) => {
        const owner = known.settled.get(key)
        if (owner === undefined || known.owners.get(owner.profile) !== owner) return undefined
        use(known, owner)
        return owner.profile
      }
    },
    look(workspace, version, identifiers) {
      const known = workspaces.get(workspace)
      if (known === undefined || known.version !== version) return { owners: [], unknown: identifiers }
      const owners = new Set<Owner>()
      const unknown: Identifier[] = []
      for (const identifier of identifiers) {
        const owner = known.holders.get(keyOf(identifier))
        if (owner === undefined) unknown.push(identifier)
        else owners.add(owner)
      }
      for (const owner of owners) use(known, owner)
      return { owners: [...owners], unknown }
    },
    learn({ workspace, before, after, owners, gone, settled }) {
      const known = knownOf(workspace, before)
      known.version = after
      for (const owner of owners) {
        forget(known, known.owners.get(owner.profile))
        known.owners.set(owner.profile, owner)
        held += owner.identifiers.length
        for (const identifier of owner.identifiers) known.holders.set(keyOf(identifier), owner)
      }
      for (const profile of gone) forget(known, known.owners.get(profile))
      for (const [key, profile] of settled) {
        const owner = known.owners.get(profile)
        if (owner === undefined) continue
        known.settled.delete(key)
        known.settled.set(key, owner)
      }
      for (const key of known.settled.keys()) {
        if (known.settled.size <= limit) break
        known.settled.delete(key)
      }
      shrink()
    },
  }
}
