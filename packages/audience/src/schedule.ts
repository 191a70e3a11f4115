import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import type { Evaluator } from './evaluation/evaluator.ts'

/** Soon after a start windows have slid by the time that nobody ran. */
const FIRST_MS = 60_000

interface Work {
  readonly what: string
  run(workspace: string, lease: AbortSignal): Promise<unknown>
}

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
  let running: Promise<unknown> | undefined

  /** One process of the fleet does it; what fails in one workspace is no reason to leave the others out. */
  async function everywhere({ what, run }: Work): Promise<void> {
    for (const { id: workspace } of await store.workspaces.list()) {
      if (signal.aborted) return
      try {
        const held = (lease: AbortSignal) => run(workspace, lease)
        await store.jobs.lease({ job: `audience ${what} ${workspace}`, ttlMs: 60_000, signal, run: held })
      } catch (error) {
        if (!signal.aborted) logger.error('work on schedule failed; the next one follows as planned', { what, workspace, error })
      }
    }
  }

  async function loop(work: Work): Promise<void> {
    for (let waitMs = Math.min(FIRST_MS, everyMs); !signal.aborted; waitMs = everyMs) {
      await pause(waitMs, undefined, { signal }).catch(() => {})
      try {
        if (!signal.aborted) await everywhere(work)
      } catch (error) {
        if (!signal.aborted) logger.error('workspaces could not be listed', { what: work.what, error })
      }
    }
  }

  /** A model that learns, or does not come to an end, holds up no evaluation. */
  const works: readonly Work[] = [
    { what: 'full', run: async (workspace, lease) => (await evaluator.start({ workspace, signal: lease })).rest },
    { what: 'learn', run: (workspace, lease) => evaluator.learn({ workspace, signal: lease }) },
  ]

  return {
    start() {
      if (!signal.aborted) running ??= Promise.all(works.map(loop))
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}
