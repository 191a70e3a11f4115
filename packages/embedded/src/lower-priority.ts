import { readdirSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Lets a process wait while others have something to do, with all threads that it has by now; those that they start inherit it. On Linux a
 * session competes as a whole (sched(7), "autogroup"), so one that leads a `session` of its own must step back with it. It is a courtesy:
 * where the system does not allow it, nothing happens.
 */
export function lowerPriority(pid: number, niceness: number, { session = false }: { readonly session?: boolean } = {}): void {
  for (const thread of threadsOf(pid)) allowed(() => setPriority(thread, niceness))
  if (session && process.platform === 'linux') allowed(() => writeFileSync(`/proc/${pid}/autogroup`, String(niceness)))
}

/** Linux knows a priority for each; elsewhere there is one for the process. */
function threadsOf(pid: number): readonly number[] {
  const threads: number[] = []
  allowed(() => threads.push(...readdirSync(`/proc/${pid}/task`).map(Number)))
  return threads.length === 0 ? [pid] : threads
}

/** The process may also be gone already. */
function allowed(lower: () => void): void {
  try {
    lower()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}
