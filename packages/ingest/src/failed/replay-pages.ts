import { setTimeout as pause } from 'node:timers/promises'
import type { WorkspaceAnalytics } from '@tenon/analytics'
import type { Logger } from '@tenon/kernel/contracts'
import type { Replay, Replays } from '@tenon/store'
import { LogUnreachable, LogWriteFailed } from '../errors.ts'
import type { Ingest } from '../ingest.ts'
import { filterOf } from './filter-json.ts'

const PAGE = 500
/** How often, and for how long, a source is asked again that can not read now: longer than a circuit is open. */
export interface ReplayPatience {
  readonly pauseMs: number
  readonly tries: number
}

const PATIENCE: ReplayPatience = Object.freeze({ pauseMs: 500, tries: 180 })
/** The cursor of a replay whose list is at its end: what is left is to wait until ingest has done with it. */
const END = 'end'

/**
 * Goes through the list from the oldest on and puts each event on the log, then writes down how far it has come. A crash in between does a
 * page again, and each attempt in it is still made once. Each event is settled alone: one whose source does not read it is asked for again
 * beside its neighbours and in the end left as it is, open, and not among those that were queued. Nor are those of which not all is kept.
 */
export async function replayPages(request: {
  readonly replay: Replay
  readonly replays: Replays
  readonly read: Pick<WorkspaceAnalytics, 'failedEvents'>
  readonly ingest: Pick<Ingest, 'replay' | 'idle'>
  readonly logger: Logger
  readonly patience?: ReplayPatience | undefined
  readonly signal: AbortSignal
}): Promise<void> {
  const { replay, replays, read, ingest, logger, patience = PATIENCE, signal } = request
  const { id } = replay
  const filter = { ...filterOf(replay.filter), state: 'open' } as const
  let { cursor } = replay
  while (cursor !== END) {
    signal.throwIfAborted()
    const page = await read.failedEvents({ ...filter, order: 'oldest', limit: PAGE, ...(cursor === undefined ? {} : { cursor }), signal })
    const events = page.rows.filter(({ payload, cut }) => payload !== '' && cut === undefined)
    const queued = await Promise.all(
      events.map(async (event) => {
        const error = await patiently(() => ingest.replay({ ...event, replay: id }), patience, signal)
        if (error !== undefined) logger.warn('a failed event could not be replayed and stays as it is', { event: event.id, ...error })
        return error === undefined ? 1 : 0
      }),
    )
    const to = page.next ?? END
    if (!(await replays.advance(id, { from: cursor, to, queued: queued.reduce((sum: number, one) => sum + one, 0) }))) return
    cursor = to
  }
  await Promise.race([ingest.idle(), aborted(signal)])
  signal.throwIfAborted()
  await replays.end(id, 'done')
}

/** Waits for the log, and for room in it, as long as it takes, and for a source for a while: why it did not read, if it did not. */
async function patiently(
  send: () => Promise<'durable' | 'busy'>,
  { pauseMs, tries }: ReplayPatience,
  signal: AbortSignal,
): Promise<{ readonly error: unknown } | undefined> {
  for (let tried = 1; ; ) {
    try {
      if ((await send()) === 'durable') return undefined
    } catch (error) {
      if (!isOfLog(error)) {
        if (tried === tries) return { error }
        tried += 1
      }
    }
    await pause(pauseMs, undefined, { signal })
  }
}

/** It says nothing about the event: all of the list would be skipped while the log is away. */
const isOfLog = (error: unknown): boolean => LogWriteFailed.is(error) || LogUnreachable.is(error)

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
