import { setTimeout as pause } from 'node:timers/promises'
import type { Analytics, FailedEvent, FailedEventsFilter } from '@tenon/analytics'
import type { Clock, Logger } from '@tenon/kernel/contracts'
import type { Replay, Store } from '@tenon/store'
import type { Ingest } from '../ingest.ts'
import { filterJson } from './filter-json.ts'
import { type ReplayPatience, replayPages } from './replay-pages.ts'

/** Why nothing was done: there is no such failed event, it is settled, its content is gone, or not all of it is there. */
export type NotDone = 'unknown' | 'settled' | 'empty' | 'cut'

export interface FailedEventsOptions {
  readonly store: Store
  readonly analytics: Analytics
  readonly ingest: Pick<Ingest, 'replay' | 'idle'>
  readonly clock: Clock
  readonly logger: Logger
  /** With sources that can not read now; a minute and a half where absent. */
  readonly patience?: ReplayPatience
}

/** What people do with failed events. Who did it is kept with each of them. */
export interface FailedEvents {
  /** Puts a corrected payload beside the original. */
  correct(request: {
    readonly workspace: string
    readonly id: string
    readonly payload: string
    readonly format?: 'source' | 'event'
    readonly actor: string
  }): Promise<{ readonly event: FailedEvent } | { readonly not: NotDone }>
  /** Sends one through everything once more; `attempt` is the number of that attempt. */
  replay(request: {
    readonly workspace: string
    readonly id: string
  }): Promise<{ readonly attempt: number } | { readonly not: NotDone | 'busy' }>
  discard(request: { readonly workspace: string; readonly id: string; readonly actor: string }): Promise<{ readonly not?: NotDone }>
  /** Discards what is open of those that a filter selects. How many there were. */
  discardAll(request: { readonly workspace: string; readonly filter: FailedEventsFilter; readonly actor: string }): Promise<number>
  /** Sends what is open now of those that a filter selects through everything once more: goes on by itself, also after a restart. */
  replayAll(request: { readonly workspace: string; readonly filter: FailedEventsFilter; readonly actor: string }): Promise<Replay>
  start(): void
  stop(): Promise<void>
}

const TICK_MS = 500
const LEASE_MS = 30_000

export function createFailedEvents(options: FailedEventsOptions): FailedEvents {
  const { store, analytics, ingest, clock, logger, patience } = options
  const stopping = new AbortController()
  let running: Promise<void> | undefined

  async function open(workspace: string, id: string): Promise<{ readonly event: FailedEvent } | { readonly not: NotDone }> {
    const [event] = await analytics.in(workspace).failedEvent(id)
    if (event === undefined) return { not: 'unknown' }
    return event.state === 'open' ? { event } : { not: 'settled' }
  }

  /** What is written is whole: whether the payload before was does not matter any more. */
  async function write(
    { cut: _, ...event }: FailedEvent,
    change: Partial<FailedEvent> & Pick<FailedEvent, 'actor' | 'payload'>,
  ): Promise<FailedEvent> {
    const next: FailedEvent = { ...event, ...change, step: event.step + 1, at: clock.now() }
    await analytics.insertFailed([next], {
      token: `failed-event:${event.workspace}:${event.id}:${event.attempt}.${next.step}:${next.at.getTime()}`,
    })
    return next
  }

  async function count(workspace: string, filter: FailedEventsFilter): Promise<number> {
    const groups = await analytics.in(workspace).countFailedEvents({ ...filter, state: 'open' })
    return groups.reduce((sum, { events }) => sum + events, 0)
  }

  /** One process does the replays of a workspace; which one may change in the middle. */
  async function work(signal: AbortSignal): Promise<void> {
    for (const { id: workspace } of await store.workspaces.list()) {
      if ((await store.in(workspace).replays.running()).length === 0) continue
      await store.jobs.lease({
        job: `failed-events.replay:${workspace}`,
        ttlMs: LEASE_MS,
        signal,
        run: async (held) => {
          const { replays } = store.in(workspace)
          for (const replay of await replays.running())
            await replayPages({ replay, replays, read: analytics.in(workspace), ingest, logger, patience, signal: held })
        },
      })
    }
  }

  async function loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await work(signal).catch((error: unknown) => {
        if (!signal.aborted) logger.error('failed events could not be replayed; it is tried again', { error })
      })
      await pause(TICK_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  return Object.freeze<FailedEvents>({
    async correct({ workspace, id, payload, format, actor }) {
      const found = await open(workspace, id)
      return 'not' in found ? found : { event: await write(found.event, { payload, actor, ...(format === undefined ? {} : { format }) }) }
    },
    async replay({ workspace, id }) {
      const found = await open(workspace, id)
      if ('not' in found) return found
      if (found.event.payload === '') return { not: 'empty' }
      if (found.event.cut === true) return { not: 'cut' }
      return (await ingest.replay(found.event)) === 'busy' ? { not: 'busy' } : { attempt: found.event.attempt + 1 }
    },
    async discard({ workspace, id, actor }) {
      const found = await open(workspace, id)
      if ('not' in found) return found
      await write(found.event, { state: 'discarded', payload: '', actor })
      return {}
    },
    async discardAll({ workspace, filter, actor }) {
      const found = await count(workspace, filter)
      if (found > 0) await analytics.discardFailed({ workspace, filter, actor })
      return found
    },
    async replayAll({ workspace, filter, actor }) {
      const now = clock.now()
      const until = filter.until !== undefined && filter.until < now ? filter.until : new Date(now.getTime() + 1)
      const bounded = { ...filter, until }
      const found = await count(workspace, bounded)
      return store.in(workspace).replays.create({ filter: filterJson(bounded), found, requestedBy: actor })
    },
    start() {
      running ??= loop(stopping.signal)
    },
    async stop() {
      stopping.abort()
      await running
    },
  })
}
