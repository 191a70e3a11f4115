import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { EmbeddedStartFailed } from '../errors.ts'
import { processIdentity } from '../process-identity.ts'
import type { Launched } from '../supervisor.ts'
import type { PostgresBinaries } from './binaries.ts'
import { endProcess, readPostmasterPid, settleEarlierRun } from './postmaster.ts'
import type { RunAs } from './run-as.ts'

/**
 * Runs Postgres beside a guard that waits for the end of descriptor 3. We hold the other end: it closes when we ask
 * for a stop, and also when we are killed, so Postgres can not outlive us. The first line of output is its process id.
 */
const guardedPostgres = `
"$@" 3<&- >/dev/null </dev/null & server=$!
echo $server
(
  read -r _ <&3
  kill -INT $server
  waited=0
  while kill -0 $server && [ $waited -lt 100 ]; do sleep 0.1; waited=$((waited + 1)); done
  kill -QUIT $server
) >/dev/null 2>&1 </dev/null & guard=$!
wait $server; status=$?
kill -KILL $guard 2>/dev/null
exit $status
`

export interface LaunchPostgres {
  readonly dir: string
  readonly data: string
  readonly socketFolder: string
  readonly user: string
  readonly binaries: PostgresBinaries
  readonly runAs: RunAs
  readonly args: readonly string[]
  readonly startTimeoutMs: number
  readonly log: (line: string) => void
}

/** @throws TENON_EMBEDDED_START_FAILED with the last lines of the server's log. */
export async function launchPostgres(options: LaunchPostgres): Promise<Launched> {
  await settleEarlierRun(options.data, options.log)
  const shell = spawn('/bin/sh', ['-c', guardedPostgres, 'sh', options.binaries.postgres, ...options.args], {
    ...options.runAs.ids,
    env: options.binaries.env,
    cwd: options.data,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // A process group of its own: the terminal's Ctrl-C is for us, and we stop Postgres in order.
    detached: true,
  })
  const lastLines = collectLog(shell.stdio[2] as Readable, options.log)
  const guard = shell.stdio[3] as Writable
  guard.on('error', () => undefined)
  shell.once('exit', () => guard.destroy())
  const exited = once(shell, 'close').then(([code, signal]) => `exit ${signal ?? code}\n${lastLines()}`)
  const pid = await firstNumber(shell.stdio[1] as Readable)
  const stop = async () => {
    guard.end()
    await exited
    if (pid !== undefined) await endProcess(pid, 'SIGQUIT', 10_000)
  }
  if (pid === undefined || !(await answers(options, shell, pid))) {
    await stop()
    throw EmbeddedStartFailed.create({ server: 'Postgres', dir: options.dir, reason: lastLines() || 'it did not answer in time' })
  }
  return { pid, exited, stop }
}

async function answers(options: LaunchPostgres, shell: ChildProcess, pid: number): Promise<boolean> {
  const step = 20
  for (let waited = 0; waited < options.startTimeoutMs; waited += step) {
    if (shell.exitCode !== null || shell.signalCode !== null || processIdentity(pid) === undefined) return false
    if (readPostmasterPid(options.data) === pid && (await canConnect(options))) return true
    await delay(step)
  }
  return false
}

async function canConnect(options: LaunchPostgres): Promise<boolean> {
  const client = new Client({ host: options.socketFolder, user: options.user, database: 'postgres', connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function firstNumber(output: Readable): Promise<number | undefined> {
  for await (const line of createInterface({ input: output })) {
    const pid = Number.parseInt(line, 10)
    return Number.isSafeInteger(pid) ? pid : undefined
  }
  return undefined
}

/** Hands on each line and keeps the last ones for the message of a failure. */
function collectLog(output: Readable, log: (line: string) => void): () => string {
  const kept: string[] = []
  createInterface({ input: output }).on('line', (line) => {
    kept.push(line)
    if (kept.length > 20) kept.shift()
    log(line)
  })
  return () => kept.join('\n')
}
