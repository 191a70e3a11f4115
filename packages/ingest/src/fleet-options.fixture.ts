import { createSegmentSource, segmentConfig } from '@tenon/plugin-source-segment'
import type { Store } from '@tenon/store'
import type { IngestOptions } from './ingest.ts'
import { jetStreamLogs } from './log/jetstream/jetstream-logs.ts'
import { quiet } from './world.fixture.ts'

/** What the members of one fleet have in common. */
export const fleetOptions = ({ store, url }: { readonly store: Store; readonly url: string }): IngestOptions => ({
  ...{ store, keys: store.keys, logger: quiet, clock: { now: () => new Date() } },
  sources: new Map([['web', createSegmentSource(segmentConfig.parse({}))]]),
  log: jetStreamLogs({ url, partitions: 3, budgetBytes: 30_000_000, logger: quiet }),
  holdMs: 1_500,
})
