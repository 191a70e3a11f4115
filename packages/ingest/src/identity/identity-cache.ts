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

interface Entry {
  readonly owner: Owner
  /** False once it was forgotten: what still points at it must not count. */
  isKnown: boolean
  /** Since room was made last. Marked instead of moved: this happens with every event. */
  wasUsed: boolean
}

interface Known {
  version: number
  /** In the order of learning; who was used since goes round once more before it is forgotten. */
  readonly owners: Map<ProfileId, Entry>
  readonly holders: Map<string, Entry>
  readonly settled: Map<string, Entry>
}

export function createIdentityCache(limit: number = IDENTIFIERS): IdentityCache {
  // The one that was used last comes last.
  const workspaces = new Map<string, Known>()
  let held = 0

  const forget = (known: Known, entry: Entry | undefined): void => {
    if (entry === undefined) return
    entry.isKnown = false
    known.owners.delete(entry.owner.profile)
    held -= entry.owner.identifiers.length
    for (const identifier of entry.owner.identifiers) {
      const key = keyOf(identifier)
      if (known.holders.get(key) === entry) known.holders.delete(key)
    }
  }
  const forgetAll = (workspace: string): void => {
    for (const { owner } of workspaces.get(workspace)?.owners.values() ?? []) held -= owner.identifiers.length
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
      for (const entry of known.owners.values()) {
        if (held <= limit) return
        if (entry.wasUsed) {
          entry.wasUsed = false
          known.owners.delete(entry.owner.profile)
          known.owners.set(entry.owner.profile, entry)
        } else forget(known, entry)
      }
      if (known.owners.size === 0) workspaces.delete(workspace)
    }
  }

  return {
    settled(workspace, version) {
      const known = workspaces.get(workspace)
      if (known === undefined || known.version !== version) return () => undefined
      return (key) => {
        const entry = known.settled.get(key)
        if (entry?.isKnown !== true) return undefined
        entry.wasUsed = true
        return entry.owner.profile
      }
    },
    look(workspace, version, identifiers) {
      const known = workspaces.get(workspace)
      if (known === undefined || known.version !== version) return { owners: [], unknown: identifiers }
      const owners = new Set<Owner>()
      const unknown: Identifier[] = []
      for (const identifier of identifiers) {
        const entry = known.holders.get(keyOf(identifier))
        if (entry === undefined) {
          unknown.push(identifier)
          continue
        }
        entry.wasUsed = true
        owners.add(entry.owner)
      }
      return { owners: [...owners], unknown }
    },
    learn({ workspace, before, after, owners, gone, settled }) {
      const known = knownOf(workspace, before)
      known.version = after
      for (const owner of owners) {
        forget(known, known.owners.get(owner.profile))
        const entry: Entry = { owner, isKnown: true, wasUsed: false }
        known.owners.set(owner.profile, entry)
        held += owner.identifiers.length
        for (const identifier of owner.identifiers) known.holders.set(keyOf(identifier), entry)
      }
      for (const profile of gone) forget(known, known.owners.get(profile))
      for (const [key, profile] of settled) {
        const entry = known.owners.get(profile)
        if (entry === undefined) continue
        known.settled.delete(key)
        known.settled.set(key, entry)
      }
      for (const key of known.settled.keys()) {
        if (known.settled.size <= limit) break
        known.settled.delete(key)
      }
      shrink()
    },
  }
}
