import { setTimeout as pause } from 'node:timers/promises'
import type { Analytics } from '@tenon/analytics'
import type { Logger } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import type { Evaluator } from './evaluation/evaluator.ts'

/** Beyond so many touched profiles one scan over everybody costs less than looking them up. */
const touchedLimit = 20_000
const cursorKey = 'audience.cursor'

/** Evaluates those whose events are new, soon after they are stored. */
export interface Reaction {
  /** Every event up to this batch is stored. */
  stored(batch: number): void
  start(): void
  /** Resolves when everything told to `stored` so far has been evaluated. Rejects when it is stopped before. */
  idle(): Promise<void>
  stop(): Promise<void>
  health(): { readonly failures: number; readonly lastError: string | undefined; readonly behind: boolean }
}

export function createReaction(options: {
  readonly store: Store
  readonly analytics: Analytics
  readonly evaluator: Evaluator
  readonly logger: Logger
  /** Time to collect events before an evaluation, milliseconds. */
  readonly lingerMs: number
}): Reaction {
  const { store, analytics, evaluator, logger, lingerMs } = options
  const stopping = new AbortController()
  const waiters = new Set<{ readonly upTo: number; done(): void; failed(error: Error): void }>()
  let high = 0
  let done = -1
  let failures = 0
  let lastError: string | undefined
  let wake: () => void = () => {}
  let running: Promise<void> | undefined

  const woken = () =>
    new Promise<void>((resolve) => {
      wake = resolve
    })

  async function reactIn(workspace: string, upTo: number): Promise<void> {
    const { kv } = store.in(workspace)
    const cursor = Number((await kv.get(cursorKey)) ?? 0)
    if (upTo > 0 && cursor >= upTo) return
    // What was stored while nobody listened has no known end: the cursor stays, and looking twice changes nothing.
    const upToBatch = upTo === 0 ? Number.MAX_SAFE_INTEGER : upTo
    const profiles = await analytics.in(workspace).touched({ afterBatch: cursor, upToBatch })
    const scope = profiles.length > touchedLimit ? {} : { profiles }
    if (profiles.length > 0) await evaluator.evaluate({ workspace, ...scope, signal: stopping.signal })
    if (upTo > 0) await kv.set(cursorKey, upTo)
  }

  async function round(): Promise<void> {
    const upTo = high
    for (const { id } of await store.workspaces.list()) await reactIn(id, upTo)
    done = upTo
    failures = 0
    lastError = undefined
    for (const waiter of waiters) {
      if (waiter.upTo > done) continue
      waiters.delete(waiter)
      waiter.done()
    }
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      const next = woken()
      try {
        if (high > done) await round()
      } catch (error) {
        if (stopping.signal.aborted) break
        failures++
        lastError = error instanceof Error ? error.message : String(error)
        logger.error('could not evaluate new events; will try again', { failures, error })
        await pause(Math.min(30_000, 250 * 2 ** Math.min(failures, 7)), undefined, { signal: stopping.signal }).catch(() => {})
        continue
      }
      if (high > done) continue
      await next
      await pause(lingerMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  return {
    stored(batch) {
      high = Math.max(high, batch)
      wake()
    },
    start() {
      running ??= loop()
    },
    idle: () =>
      high <= done
        ? Promise.resolve()
        : new Promise((resolve, reject) => {
            waiters.add({ upTo: high, done: resolve, failed: reject })
            wake()
          }),
    async stop() {
      stopping.abort()
      wake()
      await running
      for (const waiter of waiters) waiter.failed(new Error('the audience station was stopped'))
      waiters.clear()
    },
    health: () => ({ failures, lastError, behind: high > done }),
  }
}
