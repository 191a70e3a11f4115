import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import type { Evaluator } from './evaluation/evaluator.ts'

/** Soon after a start windows have slid by the time that nobody ran. */
const FIRST_MS = 60_000

/** Evaluates everybody again and again: windows slide also for those who do nothing, and models grow old. */
export interface Schedule {
  start(): void
  stop(): Promise<void>
}

export function createSchedule(options: {
  readonly store: Store
  readonly evaluator: Evaluator
  readonly logger: Logger
  readonly everyMs: number
}): Schedule {
  const { store, evaluator, logger, everyMs } = options
  const stopping = new AbortController()
  const { signal } = stopping
  let running: Promise<void> | undefined

  /** One process of the fleet does it; what fails in one workspace is no reason to leave the others out. */
  async function evaluateAll(): Promise<void> {
    for (const { id: workspace } of await store.workspaces.list()) {
      if (signal.aborted) return
      try {
        const run = (lease: AbortSignal) => evaluator.evaluate({ workspace, signal: lease })
        await store.jobs.lease({ job: `audience full ${workspace}`, ttlMs: 60_000, signal, run })
      } catch (error) {
        if (!signal.aborted) logger.error('a full evaluation failed; the next one follows as planned', { workspace, error })
      }
    }
  }

  async function loop(): Promise<void> {
    for (let waitMs = Math.min(FIRST_MS, everyMs); !signal.aborted; waitMs = everyMs) {
      await pause(waitMs, undefined, { signal }).catch(() => {})
      try {
        if (!signal.aborted) await evaluateAll()
      } catch (error) {
        if (!signal.aborted) logger.error('workspaces could not be listed for a full evaluation', { error })
      }
    }
  }

  return {
    start() {
      if (!signal.aborted) running ??= loop()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}
