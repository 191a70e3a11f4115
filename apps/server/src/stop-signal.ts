import type { Logger } from '@tenon/kernel/contracts'

/** When to stop, and what to say of it in the end. */
export interface Stopping {
  /** Its reason is in words. */
  readonly signal: AbortSignal
  exitCode(): 0 | 1
}

/** A terminal sends Ctrl-C to everybody in front of it, and whoever started us passes it on: that is one wish, not two. */
const ECHO_MS = 1_000
/** Whatever is broken may also keep us from stopping in order. */
const LONGEST_STOP_MS = 60_000

/**
 * Fires at the first SIGINT or SIGTERM; a second one, later than an echo of the first, means: now. It fires as well when a promise was rejected that
 * nobody waits for: what the process holds to be true may be wrong by then, so it ends in order, with exit code 1, and whoever supervises it starts it
 * again. Such an error is logged as every other one: by name and code.
 */
export function stopSignal(logger: Logger, now: () => Date): Stopping {
  const stop = new AbortController()
  let since = 0
  let code: 0 | 1 = 0
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted && now().getTime() - since > ECHO_MS) process.exit(130)
      if (stop.signal.aborted) return
      since = now().getTime()
      stop.abort(name)
    })
  }
  process.on('unhandledRejection', (reason: unknown) => {
    logger.error('a promise was rejected that nobody waits for; the process ends', {
      error: reason instanceof Error ? reason : typeof reason,
    })
    code = 1
    setTimeout(() => process.exit(1), LONGEST_STOP_MS).unref()
    if (stop.signal.aborted) return
    since = now().getTime()
    stop.abort('an error that nobody caught')
  })
  return { signal: stop.signal, exitCode: () => code }
}
