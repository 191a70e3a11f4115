import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { errorCode } from '@tenon/kernel'
import type { Logger } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'

/** Stores one stream until `leave` fires and what is underway is done, or until `lost` fires. */
export type RunStream = (stream: string, signals: { readonly leave: AbortSignal; readonly lost: AbortSignal }) => Promise<void>

interface Held {
  readonly leave: AbortController
  readonly lost: AbortController
  done: Promise<void>
}

/** How many times a worker says that it lives, while it would be believed once. */
const SIGNS_OF_LIFE = 3

/**
 * Stores its fair part of the streams that all workers of a fleet share, until `leave` fires: takes those that nobody holds, and hands
 * back what is too much once others come. While the store is away everybody goes on with what it has: the store decides about each
 * batch, so nothing hangs on who believes what.
 */
export async function shareLogs(options: {
  readonly store: Store
  readonly streams: readonly string[]
  readonly run: RunStream
  readonly holdMs: number
  readonly leave: AbortSignal
  readonly logger: Logger
}): Promise<void> {
  const { store, streams, run, holdMs, leave, logger } = options
  const worker = randomUUID()
  const running = new Map<string, Held>()

  function take(stream: string): void {
    const held: Held = { leave: new AbortController(), lost: new AbortController(), done: Promise.resolve() }
    held.done = run(stream, { leave: held.leave.signal, lost: held.lost.signal })
      .then(() => (held.lost.signal.aborted ? undefined : store.ingest.handBack({ worker, streams: [stream] })))
      .catch((error: unknown) => logger.warn('a stream could not be handed back', { stream, code: codeOf(error) }))
      .finally(() => running.delete(stream))
    running.set(stream, held)
  }

  async function settle(): Promise<void> {
    const { held, fair } = await store.ingest.share({ worker, streams, ttlMs: holdMs })
    for (const [stream, { lost }] of running) if (!held.includes(stream)) lost.abort()
    for (const stream of held) if (!running.has(stream)) take(stream)
    const staying = [...running.values()].filter((one) => !one.leave.signal.aborted)
    for (const one of staying.slice(fair)) one.leave.abort()
  }

  while (!leave.aborted) {
    await settle().catch((error: unknown) =>
      logger.warn('the work of ingest could not be divided; will try again', { code: codeOf(error) }),
    )
    await delay(holdMs / SIGNS_OF_LIFE, undefined, { signal: leave }).catch(() => undefined)
  }
  for (const held of running.values()) held.leave.abort()
  await Promise.all([...running.values()].map(({ done }) => done))
  await store.ingest.handBack({ worker }).catch(() => undefined)
}

const codeOf = (error: unknown): string => errorCode(error) ?? (error instanceof Error ? error.message : 'thrown')
