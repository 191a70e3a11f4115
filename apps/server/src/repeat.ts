import { setTimeout as pause } from 'node:timers/promises'

/** Runs something again and again, never twice at once, until it is stopped. */
export function repeat(options: {
  readonly everyMs: number
  /** Before the first time; as between others where absent. */
  readonly firstMs?: number
  run(signal: AbortSignal): Promise<void>
  onError(error: unknown): void
}): { start(): void; stop(): Promise<void> } {
  const { everyMs, firstMs = everyMs, run, onError } = options
  const stopping = new AbortController()
  const { signal } = stopping
  let running: Promise<void> | undefined

  async function loop(): Promise<void> {
    for (let pauseMs = firstMs; !signal.aborted; pauseMs = everyMs) {
      await pause(pauseMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      await run(signal).catch((error: unknown) => {
        if (!signal.aborted) onError(error)
      })
    }
  }

  return {
    start() {
      running ??= loop()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}
