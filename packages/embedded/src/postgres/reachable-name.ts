import type { RunAs } from './run-as.ts'

/**
 * A name of `folder` that a process works with which runs as `runAs` and whose working folder is `folder`.
 *
 * Another user can not go to a folder below a home that is closed to others. A process that starts inside that folder
 * needs no way to it: the working folder is set before the user is changed, and `/proc/self/cwd` leads back to it.
 */
export function reachableName(folder: string, runAs: RunAs): string {
  return runAs.ids !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : folder
}
