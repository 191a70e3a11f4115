/** How a bounded piece of work ended. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'aborted'; readonly reason: unknown }

/** `setTimeout` fires at once beyond this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Runs work that may throw, hang or reject late, and settles at the limit at the latest. The signal that the
 * work gets fires at the limit or when `signal` does; what the work does after that is ignored.
 */
export function withDeadline<T>(work: {
  readonly limitMs: number
  readonly signal?: AbortSignal | undefined
  readonly run: (signal: AbortSignal) => T | Promise<T>
}): Promise<Outcome<T>> {
  const { limitMs, signal, run } = work
  return new Promise((settle) => {
    if (signal?.aborted) return settle({ kind: 'aborted', reason: signal.reason })
    const controller = new AbortController()
    const finish = (outcome: Outcome<T>): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
      settle(outcome)
    }
    // The outcome is settled before the work hears of it: a work that rejects on abort must not change it.
    const giveUp = (): void => {
      finish({ kind: 'aborted', reason: signal?.reason })
      controller.abort(signal?.reason)
    }
    const expire = (): void => {
      finish({ kind: 'timeout' })
      controller.abort(new DOMException(`not finished in ${limitMs} ms`, 'TimeoutError'))
    }
    const timer = setTimeout(expire, Math.min(limitMs, LONGEST_TIMER_MS))
    signal?.addEventListener('abort', giveUp, { once: true })
    attempt(run, controller.signal).then(
      (value) => finish({ kind: 'done', value }),
      (error: unknown) => finish({ kind: 'failed', error }),
    )
  })
}

/** A synchronous throw becomes a rejection. */
const attempt = async <T>(run: (signal: AbortSignal) => T | Promise<T>, signal: AbortSignal): Promise<T> => run(signal)
