import { writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Lets a process wait while others have something to do: one that was just started, so that all its threads inherit it. On Linux a session
 * competes as a whole (sched(7), "autogroup"), so one that leads a `session` of its own must step back with it. It is a courtesy: where the
 * system does not allow it, nothing happens.
 */
export function lowerPriority(pid: number, niceness: number, { session = false }: { readonly session?: boolean } = {}): void {
  allowed(() => setPriority(pid, niceness))
  if (session && process.platform === 'linux') allowed(() => writeFileSync(`/proc/${pid}/autogroup`, String(niceness)))
}

/** The process may also be gone already. */
function allowed(lower: () => void): void {
  try {
    lower()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}
