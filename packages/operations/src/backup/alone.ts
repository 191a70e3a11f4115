import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from '@tenon/store'
import { BackupLeaseLost, BackupRunning } from '../errors.ts'

/** A job that one process of an installation does at a time. */
export interface LoneJob {
  readonly store: Pick<Store, 'jobs'>
  readonly job: string
  /** How many seconds it waits for whoever does it now. */
  readonly patience: number
  readonly leaseMs: number
  readonly signal: AbortSignal
}

const WAIT_MS = 1_000

/**
 * Runs while nobody else does the job. The signal that it hands over fires when the lease is lost: whatever was begun must end then, and
 * the promise rejects with `TENON_BACKUP_LEASE_LOST`, also where it ended well.
 */
export async function alone<T>({ store, job, patience, leaseMs, signal }: LoneJob, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const held = async (until: AbortSignal): Promise<T> => {
    try {
      const result = await run(until)
      until.throwIfAborted()
      return result
    } catch (cause) {
      // Whose signal it was: ours is told by who gave it.
      if (until.aborted && !signal.aborted) throw BackupLeaseLost.create({ job }, cause)
      throw cause
    }
  }
  for (let waited = 1; ; waited++) {
    const outcome = await store.jobs.lease({ job, ttlMs: leaseMs, signal, run: held })
    if (outcome.ran) return outcome.result
    if (waited >= patience) throw BackupRunning.create({ job })
    await pause(WAIT_MS, undefined, { signal })
  }
}
