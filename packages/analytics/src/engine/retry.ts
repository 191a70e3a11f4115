import { setTimeout as delay } from 'node:timers/promises'
import { failure, isPassing } from './failure.ts'

/** Waits of `firstMs`, twice that, and so on, `longestMs` at the most. */
export interface RetryPolicy {
  readonly attempts: number
  readonly firstMs: number
  readonly longestMs: number
}

/** An engine that is restarted is back within seconds: about a minute in all. */
export const insertRetries: RetryPolicy = Object.freeze({ attempts: 20, firstMs: 100, longestMs: 5_000 })

/** Somebody waits: about a second in all. */
export const readRetries: RetryPolicy = Object.freeze({ attempts: 4, firstMs: 100, longestMs: 500 })

/**
 * Runs it again while it fails in a way that passes. Rejects with a coded error, or with the reason of the signal.
 * What runs must be safe to repeat.
 */
export async function retrying<T>(
  request: { readonly operation: string; readonly policy: RetryPolicy; readonly signal: AbortSignal | undefined },
  run: () => Promise<T>,
): Promise<T> {
  const { operation, policy, signal } = request
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await run()
    } catch (error) {
      signal?.throwIfAborted()
      if (attempt >= policy.attempts || !isPassing(error)) throw failure(operation, attempt, error)
    }
    await wait(Math.min(policy.longestMs, policy.firstMs * 2 ** (attempt - 1)), signal)
  }
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
