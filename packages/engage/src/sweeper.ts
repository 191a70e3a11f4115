import type { Logger } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { createWake } from './wake.ts'

/** Puts messages whose sender died back into the queue. */
export interface Sweeper {
  start(): void
  sweep(): Promise<void>
  stop(): Promise<void>
}

export function createSweeper(options: {
  readonly store: Pick<Store, 'in'>
  readonly workspaces: () => Promise<readonly string[]>
  readonly logger: Logger | undefined
  readonly everyMs: number
}): Sweeper {
  const { store, workspaces, logger, everyMs } = options
  const wake = createWake()
  const stop = new AbortController()
  let loop: Promise<void> | undefined

  async function sweep(): Promise<void> {
    for (const workspace of await workspaces()) {
      const count = await store.in(workspace).messages.requeueExpired()
      if (count > 0) logger?.warn('messages are sent again: their sender did not report', { workspace, count })
    }
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      await sweep().catch((error: unknown) => {
        logger?.error('expired leases could not be looked for', { problem: error instanceof Error ? error.name : 'thrown' })
      })
      await wake.sleep(everyMs, stop.signal)
    }
  }

  return {
    start() {
      loop ??= run()
    },
    sweep,
    async stop() {
      stop.abort()
      wake.call()
      await loop
    },
  }
}
