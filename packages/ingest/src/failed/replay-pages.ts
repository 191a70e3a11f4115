import { setTimeout as pause } from 'node:timers/promises'
import type { WorkspaceAnalytics } from '@tenon/analytics'
import type { Replay, Replays } from '@tenon/store'
import type { Ingest } from '../ingest.ts'
import { filterOf } from './filter-json.ts'

const PAGE = 500
const BUSY_MS = 500
/** The cursor of a replay whose list is at its end: what is left is to wait until ingest has done with it. */
const END = 'end'

/**
 * Goes through the list from the oldest on and puts each event on the log, then writes down how far it has come. A crash in between does a
 * page again, and each attempt in it is still made once.
 */
export async function replayPages(request: {
  readonly replay: Replay
  readonly replays: Replays
  readonly read: Pick<WorkspaceAnalytics, 'failedEvents'>
  readonly ingest: Pick<Ingest, 'replay' | 'idle'>
  readonly signal: AbortSignal
}): Promise<void> {
  const { replay, replays, read, ingest, signal } = request
  const { id } = replay
  const filter = { ...filterOf(replay.filter), state: 'open' } as const
  let { cursor } = replay
  while (cursor !== END) {
    signal.throwIfAborted()
    const page = await read.failedEvents({ ...filter, order: 'oldest', limit: PAGE, ...(cursor === undefined ? {} : { cursor }), signal })
    const events = page.rows.filter(({ payload }) => payload !== '')
    await Promise.all(events.map((event) => patiently(() => ingest.replay({ ...event, replay: id }), signal)))
    const to = page.next ?? END
    if (!(await replays.advance(id, { from: cursor, to, queued: events.length }))) return
    cursor = to
  }
  await Promise.race([ingest.idle(), aborted(signal)])
  signal.throwIfAborted()
  await replays.end(id, 'done')
}

async function patiently(send: () => Promise<'durable' | 'busy'>, signal: AbortSignal): Promise<void> {
  while ((await send()) === 'busy') await pause(BUSY_MS, undefined, { signal })
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
