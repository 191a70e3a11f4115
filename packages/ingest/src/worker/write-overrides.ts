import type { Analytics } from '@tenon/analytics'
import type { Store } from '@tenon/store'

const AT_ONCE = 5_000

/**
 * Tells the engine of every merge and unmerge that it does not know, before the events that came with them. Doing it again, or in
 * two processes at once, changes nothing.
 */
export async function writeOverrides(store: Store, analytics: Analytics, signal: AbortSignal): Promise<void> {
  for (;;) {
    const pending = await store.ingest.listPendingOverrides({ limit: AT_ONCE })
    if (pending.length === 0) return
    const rows = pending.flatMap(({ workspace, overrides, version }) =>
      overrides.map(({ old, into }) => ({ workspace, old, into, version })),
    )
    await analytics.insertOverrides(rows, { signal })
    await store.ingest.markOverridesWritten(pending.map(({ entry }) => entry))
  }
}
