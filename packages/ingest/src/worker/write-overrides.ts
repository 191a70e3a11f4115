import type { Analytics } from '@tenon/analytics'
import type { Store } from '@tenon/store'

const AT_ONCE = 5_000

/** Tells the engine of every merge that it does not know, before the events that came with them. Doing it again changes nothing. */
export async function writeOverrides(store: Store, analytics: Analytics, signal: AbortSignal): Promise<void> {
  for (;;) {
    const pending = await store.ingest.listPendingOverrides({ limit: AT_ONCE })
    if (pending.length === 0) return
    const rows = pending.flatMap(({ workspace, oldProfiles, profile, merge }) =>
      oldProfiles.map((old) => ({ workspace, old, into: profile, version: merge })),
    )
    await analytics.insertOverrides(rows, { signal })
    await store.ingest.markOverridesWritten(pending.map(({ merge }) => merge))
  }
}
