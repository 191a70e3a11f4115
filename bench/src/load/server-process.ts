import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { commandOf, readStats } from './processes.ts'

const MAIN = join(import.meta.dirname, '../../../apps/server/src/main.ts')
const START_LIMIT_MS = 120_000

/** What the server says of itself, in events and bytes. */
export interface ServerState {
  readonly received: number
  readonly stored: number
  readonly duplicate: number
  readonly failed: number
  readonly dropped: number
  /** NaN until the server has counted what its log held at the start. */
  readonly inLog: number
  /** Of the server and of its process that stores. */
  readonly rssBytes: number
  readonly storingRssBytes: number
  readonly engineRssBytes: number
  readonly cpuSeconds: number
}

/** A Tenon server in a process of its own, as `npm start` runs it. */
export interface ServerProcess {
  readonly address: string
  readonly writeKey: string
  readonly apiKey: string
  state(): Promise<ServerState>
  /** Resolves once everything is stored; fails when nothing moves for a minute. */
  caughtUp(): Promise<ServerState>
  /** Ends it in order. */
  stop(): Promise<void>
  /** As a power switch does. */
  kill(): Promise<void>
  /** The same to its process that stores; whether there was one. */
  killStoring(): boolean
}

export interface ServerProcessOptions {
  readonly dataDir: string
  readonly port: number
  /** Stores of somebody else; embedded ones where absent. */
  readonly databaseUrl?: string
  readonly clickhouseUrl?: string
  /** The event log of a fleet; a local one where absent. */
  readonly natsUrl?: string
  /** For Node itself, such as `--cpu-prof`. */
  readonly nodeArgs?: readonly string[]
}

const WRITE_KEY = 'bench-write-key-0123456789'
const API_KEY = 'bench-api-key-0123456789'

export async function startServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const { dataDir, port, databaseUrl, clickhouseUrl, natsUrl, nodeArgs = [] } = options
  const child = spawn(process.execPath, ['--conditions=@tenon/source', ...nodeArgs, MAIN, '--no-sample'], {
    cwd: dataDir,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      TENON_DATA: dataDir,
      PORT: String(port),
      TENON_WRITE_KEY: WRITE_KEY,
      TENON_API_KEY: API_KEY,
      TENON_LOG_LEVEL: process.env.TENON_LOG_LEVEL ?? 'fatal',
      ...(databaseUrl === undefined ? {} : { TENON_DATABASE_URL: databaseUrl }),
      ...(clickhouseUrl === undefined ? {} : { TENON_CLICKHOUSE_URL: clickhouseUrl }),
      // The server sets the whole budget aside on its disk.
      ...(natsUrl === undefined ? {} : { TENON_NATS_URL: natsUrl, TENON_LOG_BYTES: '256MiB' }),
    },
  })
  const address = `http://127.0.0.1:${port}`
  await whenReady(address, child)
  const state = async (): Promise<ServerState> => readState(await (await fetch(`${address}/metrics`)).text())
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return {
    address,
    writeKey: WRITE_KEY,
    apiKey: API_KEY,
    state,
    caughtUp: () => caughtUp(state),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    killStoring() {
      const storing = readStats().find(({ pid, parent }) => parent === child.pid && commandOf(pid).includes('storing-main'))
      if (storing !== undefined) process.kill(storing.pid, 'SIGKILL')
      return storing !== undefined
    },
  }
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  server.close()
  await once(server, 'close')
  if (typeof bound !== 'object' || bound === null) throw new Error('no port is free')
  return bound.port
}

async function whenReady(address: string, child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < START_LIMIT_MS; waited += 50) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}`)
    const answer = await fetch(`${address}/readyz`).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.status === 200) return
    await delay(50)
  }
  throw new Error('the server was not ready in time')
}

async function caughtUp(read: () => Promise<ServerState>): Promise<ServerState> {
  const STUCK_MS = 60_000
  let moved = performance.now()
  let last = -1
  for (;;) {
    const state = await read()
    if (state.inLog === 0) return state
    if (!Object.is(state.inLog, last)) moved = performance.now()
    if (performance.now() - moved > STUCK_MS) throw new Error(`${state.inLog} events wait and nothing moves`)
    last = state.inLog
    await delay(100)
  }
}

function readState(metrics: string): ServerState {
  const values = new Map(metrics.split('\n').flatMap((line) => (line.startsWith('#') ? [] : [line.split(' ') as [string, string]])))
  const read = (name: string): number => Number(values.get(name) ?? Number.NaN)
  const events = (state: string): number => read(`tenon_events_total{state="${state}"}`)
  const storingRssBytes = read('tenon_storing_resident_bytes')
  return {
    received: events('received'),
    stored: events('stored'),
    duplicate: events('duplicate'),
    failed: events('failed'),
    dropped: events('dropped'),
    inLog: events('in_log'),
    rssBytes: read('process_resident_memory_bytes') + storingRssBytes,
    storingRssBytes,
    engineRssBytes: read('tenon_engine_resident_bytes'),
    cpuSeconds: read('process_cpu_seconds_total'),
  }
}
