import type { Analytics } from '@tenon/analytics'
import type { Meter } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { countSquashed } from './metrics.ts'
import { tellOverrides } from './settle.ts'

export interface SquashReport {
  /** Merges whose rows say by themselves now whose they are. */
  readonly rewritten: number
  /** Merges whose overrides no scan joins with any more. */
  readonly settled: number
}

/** Merges of one mutation: it reads every part that holds one of their rows, so few large ones. */
const AT_ONCE = 2_000

/**
 * Makes old merges physical, piece by piece. Safe at any time beside writers and readers: rows are rewritten while their overrides are
 * in force and lead to the same person from either value; overrides are set aside only when whoever began to read before that is done.
 * After a crash it goes on where it was.
 */
export async function squash(
  { store, analytics, meter }: { readonly store: Store; readonly analytics: Analytics; readonly meter: Meter },
  request: {
    readonly workspace: string
    /** Merges recorded up to then. */
    readonly before: Date
    /** Rows rewritten up to then have no reader from before. */
    readonly readersGone: Date
    readonly signal?: AbortSignal
  },
): Promise<SquashReport> {
  const { workspace, before, readersGone, signal } = request
  const { unmerges } = store.in(workspace)
  const options = signal === undefined ? {} : { signal }
  await tellOverrides({ store, analytics }, signal)
  let rewritten = 0
  for (;;) {
    signal?.throwIfAborted()
    const { merges, moves } = await unmerges.claimSquash({ before, limit: AT_ONCE })
    if (merges.length === 0) break
    await analytics.squashPersons({ workspace, moves }, options)
    await unmerges.squashed(merges)
    rewritten += merges.length
    countSquashed(meter, 'rewritten', merges.length)
  }
  let settled = 0
  for (;;) {
    signal?.throwIfAborted()
    const { merges, overrides } = await unmerges.settleable({ before: readersGone, limit: AT_ONCE })
    if (merges.length === 0) return Object.freeze({ rewritten, settled })
    await analytics.settleOverrides({ workspace, overrides }, options)
    await unmerges.overridesSettled(merges)
    settled += merges.length
    countSquashed(meter, 'settled', merges.length)
  }
}
