import type { Analytics } from '@tenon/analytics'
import type { Identifier, IdentifierType, ProfileId } from '@tenon/kernel/contracts'
import type { Store, UnmergeEntry } from '@tenon/store'
import { canonicalSightings } from './canonical.ts'
import { lateEvents } from './late-arrivals.ts'

const AT_ONCE = 5_000

interface Consequences {
  readonly store: Store
  readonly analytics: Analytics
  readonly types: readonly IdentifierType[]
  /** Profiles whose events are others now: what is computed from them is computed anew. */
  readonly onChanged: (workspace: string, profiles: readonly ProfileId[]) => Promise<void>
}

/** Tells the engine of every merge and unmerge that it does not know. In two processes at once, or again, it comes to the same. */
export async function tellOverrides({ store, analytics }: Pick<Consequences, 'store' | 'analytics'>, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const pending = await store.ingest.listPendingOverrides({ limit: AT_ONCE })
    if (pending.length === 0) return
    const rows = pending.flatMap(({ workspace, overrides, version }) => overrides.map((one) => ({ ...one, workspace, version })))
    await analytics.insertOverrides(rows, signal === undefined ? {} : { signal })
    await store.ingest.markOverridesWritten(pending.map(({ entry }) => entry))
  }
}

/**
 * Does what follows from the unmerges of a workspace: late events go back, both sides are evaluated; and from the merges that came
 * without an event: the person is evaluated. What a crash left open is done by
 * the next call. An unmerge stays open while events that were resolved before it are being stored. How many are open still.
 */
export async function settle(consequences: Consequences, workspace: string, signal?: AbortSignal): Promise<number> {
  const { store, onChanged } = consequences
  const { unmerges, profiles } = store.in(workspace)
  const [open, merges] = [await unmerges.unsettled(), await profiles.unsettledMerges()]
  if (open.length === 0 && merges.length === 0) return 0
  await tellOverrides(consequences, signal)
  if (merges.length > 0) {
    await onChanged(workspace, [...new Set(merges.map(({ winner }) => winner))])
    await profiles.settleMerges(merges.map(({ id }) => id))
  }
  let waiting = 0
  for (const entry of open) {
    signal?.throwIfAborted()
    // Who leaves later left with what it holds: in the order of unmerges an event goes to the same person as it did in their reports.
    const later = open.filter(({ id, remaining }) => id > entry.id && remaining === entry.remaining)
    await giveBack(consequences, workspace, { entry, alsoRemaining: later.flatMap(({ identifiers }) => identifiers) }, signal)
    await onChanged(workspace, [entry.restored, entry.remaining])
    if (entry.waits) waiting++
    else await unmerges.settle(entry.id)
  }
  return waiting
}

async function giveBack(
  { store, analytics, types }: Consequences,
  workspace: string,
  { entry, alsoRemaining }: { readonly entry: UnmergeEntry; readonly alsoRemaining: readonly Identifier[] },
  signal: AbortSignal | undefined,
): Promise<void> {
  const { restored, members, remaining, identifiers, id } = entry
  const asked = { profile: remaining, ...(signal === undefined ? {} : { signal }) }
  const sightings = canonicalSightings(types, await analytics.in(workspace).sightings(asked))
  const late = lateEvents({
    sightings,
    returning: new Set([restored, ...members]),
    restored: identifiers,
    remaining: [...(await store.in(workspace).profiles.identifiers(remaining)), ...alsoRemaining],
  })
  await analytics.reassignEvents(
    {
      workspace,
      from: [...new Set(late.map(({ profile }) => profile))],
      to: restored,
      groups: [...new Set(late.map(({ group }) => group))],
      version: id,
    },
    signal === undefined ? {} : { signal },
  )
}
