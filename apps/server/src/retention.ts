import type { Analytics } from '@tenon/analytics'
import type { Clock, Logger } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { repeat } from './repeat.ts'
import type { Settings } from './settings.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** Ends what is kept for a time only: messages that were seen, and the content of failed events. At the start, too, so that a change of a setting holds then. */
export function createRetention(options: {
  readonly store: Store
  readonly analytics: Analytics
  readonly settings: Pick<Settings, 'dedupDays' | 'failedEventDays'>
  readonly clock: Clock
  readonly logger: Logger
}): ReturnType<typeof repeat> {
  const { store, analytics, settings, clock, logger } = options
  const hourly = { firstMs: 0, everyMs: HOUR_MS }
  const forgetting = repeat({
    ...hourly,
    run: async (signal) => void (await store.ingest.forget({ olderThanDays: settings.dedupDays, signal })),
    onError: (error) => logger.error('the dedup window could not be moved; will try again', { error }),
  })
  const expiring = repeat({
    ...hourly,
    run: async () => {
      const before = new Date(clock.now().getTime() - settings.failedEventDays * DAY_MS)
      await store.jobs.lease({ job: 'failed-events.expire', ttlMs: 60_000, run: () => analytics.expireFailed({ before }) })
    },
    onError: (error) => logger.error('the retention of failed events could not be kept; will try again', { error }),
  })
  return {
    start() {
      forgetting.start()
      expiring.start()
    },
    async stop() {
      await Promise.all([forgetting.stop(), expiring.stop()])
    },
  }
}
