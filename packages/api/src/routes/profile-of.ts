import type { Ingest } from '@tenon/ingest'
import type { Identifier, IdentityPolicy, ProfileId } from '@tenon/kernel/contracts'
import type { Store, WorkspaceStore } from '@tenon/store'
import { NotFound } from '../errors.ts'

interface Lookup {
  readonly store: Store
  readonly identity: IdentityPolicy
}

/** The request that names the person. */
interface Asking {
  get(name: 'workspace'): string
  readonly req: { readonly raw: Request }
}

/** As long an answer may wait for events that were accepted before it was asked for. */
const PATIENCE_MS = 3_000

/** The person behind an identifier, looked up in its canonical form, as far as events are stored. */
export async function findProfile(lookup: Lookup, workspace: string, identifier: Identifier): Promise<ProfileId | undefined> {
  const canonical = canonicalOf(lookup, identifier)
  return canonical && lookup.store.in(workspace).profiles.find(canonical)
}

/**
 * As `findProfile`, but whoever sent events of a person to this process and had them acknowledged finds the person: events that wait in
 * the log are waited for, three seconds at the most. Throws `TENON_NOT_FOUND`.
 */
export async function profileOf(
  lookup: Lookup & { readonly ingest: Pick<Ingest, 'settled'> },
  asking: Asking,
  identifier: Identifier,
): Promise<ProfileId> {
  const canonical = canonicalOf(lookup, identifier)
  if (canonical === undefined) throw unknown(identifier)
  const { profiles } = lookup.store.in(asking.get('workspace'))
  const known = await profiles.find(canonical)
  if (known !== undefined) return known
  await lookup.ingest.settled({ limitMs: PATIENCE_MS, signal: asking.req.raw.signal })
  const profile = await profiles.find(canonical)
  if (profile === undefined) throw unknown(identifier)
  return profile
}

/** As `profileOf`, and the person stays who it is until `run` has written; see `WorkspaceStore.holding`. */
export async function holdingProfile<T>(
  lookup: Parameters<typeof profileOf>[0],
  asking: Asking,
  identifier: Identifier,
  run: (tx: WorkspaceStore, profile: ProfileId) => Promise<T>,
): Promise<T> {
  await profileOf(lookup, asking, identifier)
  return lookup.store.in(asking.get('workspace')).holding(async (tx) => {
    const canonical = canonicalOf(lookup, identifier)
    const profile = canonical && (await tx.profiles.find(canonical))
    if (profile === undefined) throw unknown(identifier)
    return run(tx, profile)
  })
}

/** Undefined where no event can bring such an identifier. */
function canonicalOf({ identity }: Lookup, { type, value }: Identifier): Identifier | undefined {
  const canonical = identity.types.find((known) => known.type === type)?.normalise(value)
  return canonical === undefined ? undefined : { type, value: canonical }
}

const unknown = ({ type, value }: Identifier) => NotFound.create({ what: 'profile', name: `${type}:${value}` })
