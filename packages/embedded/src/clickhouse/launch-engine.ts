import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { EmbeddedStartFailed } from '../errors.ts'
import { lowerPriority } from '../lower-priority.ts'
import { entryOptions, siblingEntry } from '../sibling-entry.ts'
import type { Launched } from '../supervisor.ts'
import type { EngineProcessOptions, FromEngine, ToEngine } from './engine-messages.ts'

/** An insert and a merge take every core for a moment; whoever waits for an answer of ours goes first. */
const NICENESS = 10

export interface LaunchEngine {
  readonly dir: string
  readonly options: EngineProcessOptions
  readonly startTimeoutMs: number
  readonly stopGraceMs: number
  readonly log: (line: string) => void
}

export interface LaunchedEngine extends Launched {
  readonly port: number
}

/** @throws TENON_EMBEDDED_START_FAILED with what the engine said. */
export async function launchEngine(launch: LaunchEngine): Promise<LaunchedEngine> {
  const child = spawnEngine(launch.options.maxConcurrentQueries)
  const lastLines = collectLog(child, launch.log)
  const exited = once(child, 'close').then(([code, signal]) => `exit ${signal ?? code}${lastLines()}`)
  const send = (message: ToEngine) => {
    if (child.connected) child.send(message, () => undefined)
  }
  const first = firstMessage(child, launch.startTimeoutMs)
  send({ kind: 'start', options: launch.options })
  const answer = await first
  if (answer.kind === 'failed') {
    child.kill('SIGKILL')
    await exited
    const reason = `${answer.reason}${lastLines()}`
    throw EmbeddedStartFailed.create({ server: 'The ClickHouse engine', dir: launch.dir, reason })
  }
  // Only now: whoever waits for the start waits for it.
  if (child.pid !== undefined) lowerPriority(child.pid, NICENESS, { session: true })
  const stop = async () => {
    send({ kind: 'stop', graceMs: launch.stopGraceMs })
    const late = setTimeout(() => child.kill('SIGKILL'), 2 * launch.stopGraceMs + 5_000)
    await exited
    clearTimeout(late)
  }
  return { pid: child.pid ?? 0, port: answer.port, exited, stop }
}

function spawnEngine(maxConcurrentQueries: number): ChildProcess {
  const entry = siblingEntry(import.meta.url, 'engine-main')
  return spawn(process.execPath, ['--max-old-space-size=512', ...entryOptions(entry), fileURLToPath(entry)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TMPDIR: process.env.TMPDIR,
      LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH,
      TZ: 'UTC',
      // A statement occupies one of these threads for as long as it runs; files and compression need some as well.
      UV_THREADPOOL_SIZE: String(maxConcurrentQueries + 6),
    },
    // A process group of its own: the terminal's Ctrl-C is for us, and we stop the engine in order.
    detached: true,
  })
}

function firstMessage(child: ChildProcess, timeoutMs: number): Promise<FromEngine> {
  return new Promise((resolve) => {
    const failed = (reason: string) => resolve({ kind: 'failed', reason })
    const timer = setTimeout(() => failed(`it did not answer within ${timeoutMs} ms`), timeoutMs)
    child.once('message', (message: FromEngine) => {
      clearTimeout(timer)
      resolve(message)
    })
    child.once('error', (error) => failed(error.message))
    child.once('exit', (code, signal) => failed(`exit ${signal ?? code}`))
  })
}

function collectLog(child: ChildProcess, log: (line: string) => void): () => string {
  const kept: string[] = []
  for (const output of [child.stdout, child.stderr]) {
    if (output === null) continue
    createInterface({ input: output }).on('line', (line) => {
      kept.push(line)
      if (kept.length > 20) kept.shift()
      log(line)
    })
  }
  return () => (kept.length === 0 ? '' : `\n${kept.join('\n')}`)
}
