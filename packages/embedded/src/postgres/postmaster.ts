import { spawnSync } from 'node:child_process'
import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { processIdentity } from '../process-identity.ts'

/** The process id that the cluster's `postmaster.pid` names, if there is such a file. */
export function readPostmasterPid(data: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'latin1'), 10)
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/**
 * Clears what an earlier run left: a Postgres that outlived its parent is shut down, and a `postmaster.pid` whose
 * number now belongs to some other program (Postgres would take that program for itself) is removed.
 * To be called by the holder of the folder's lock only.
 */
export async function settleEarlierRun(data: string, log: (line: string) => void): Promise<void> {
  const pid = readPostmasterPid(data)
  if (pid === undefined) return
  if (!isPostmasterOf(pid, data)) {
    rmSync(join(data, 'postmaster.pid'), { force: true })
    return
  }
  log(`shutting down process ${pid}, which an earlier run left`)
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (await endProcess(pid, signal, 10_000)) return
  }
}

/** A postmaster's working folder is its cluster. */
function isPostmasterOf(pid: number, data: string): boolean {
  if (processIdentity(pid) === undefined) return false
  if (process.platform !== 'linux')
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.includes(data)
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data)
  } catch {
    return false
  }
}

/** Sends the signal and waits; true once the process is gone. */
export async function endProcess(pid: number, signal: NodeJS.Signals, withinMs: number): Promise<boolean> {
  const identity = processIdentity(pid)
  if (identity === undefined) return true
  try {
    process.kill(pid, signal)
  } catch {
    return true
  }
  const step = 20
  for (let waited = 0; waited < withinMs; waited += step) {
    if (processIdentity(pid) !== identity) return true
    await delay(step)
  }
  return false
}
