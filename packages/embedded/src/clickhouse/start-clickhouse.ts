import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { EmbeddedServer } from '../embedded-server.ts'
import { lockFolder } from '../folder-lock.ts'
import { memoryOfMachine } from '../memory-of-machine.ts'
import { type RestartPolicy, supervise } from '../supervisor.ts'
import type { EngineProcessOptions } from './engine-messages.ts'
import { type LaunchEngine, type LaunchedEngine, launchEngine } from './launch-engine.ts'

const mebibyte = 1024 * 1024

/** What the process needs beside the engine: code, JavaScript, pieces on their way. */
const frontBytes = 256 * mebibyte

export interface EmbeddedClickHouseOptions {
  /** What the process may use; the engine stops a query that needs more. Default: a quarter of the machine's, at least 512 MiB and at most 4 GiB. */
  readonly memoryBytes?: number
  /** Default: the system chooses one; it stays the same until `stop`. */
  readonly port?: number
  /** Statements that run at once; further ones wait. Default 8. */
  readonly maxConcurrentQueries?: number
  /** Statements that may wait; further ones are refused with ClickHouse's code 202. Default 256. */
  readonly maxQueuedQueries?: number
  /** Bound on the text of a statement. Default 4 MiB. */
  readonly maxQueryBytes?: number
  /** Bound on a parameter, as `http_max_field_value_size` of a server: whoever may meet one must keep to it. Default 128 KiB. */
  readonly maxFieldBytes?: number
  /** Bound on the uncompressed data of one INSERT. It is spooled to a file, not held in memory. Default 4 GiB. */
  readonly maxInsertBytes?: number
  /** Bound on a result whose format can not be streamed, such as `JSON`. Default 128 MiB. */
  readonly maxWholeResultBytes?: number
  /** Further arguments of the engine, such as `--backups.allowed_path=...`. */
  readonly engineArgs?: readonly string[]
  /** Default 60 000. */
  readonly startTimeoutMs?: number
  /** How long `stop` waits for what is under way. Default 10 000. */
  readonly stopGraceMs?: number
  readonly restarts?: RestartPolicy
}

export interface StartClickHouse extends EmbeddedClickHouseOptions {
  /** The folder that holds the tables. */
  readonly dir: string
  readonly onExit?: (reason: string) => void
  readonly log?: (line: string) => void
}

/**
 * Starts the ClickHouse engine below `dir` and resolves when it answers on ClickHouse's HTTP interface at 127.0.0.1.
 * The URL carries the password, which is made anew by each start. The engine is gone when we are.
 *
 * @throws TENON_EMBEDDED_BUSY, TENON_EMBEDDED_START_FAILED
 */
export async function startClickHouse(options: StartClickHouse): Promise<EmbeddedServer> {
  const log = options.log ?? (() => undefined)
  mkdirSync(options.dir, { recursive: true, mode: 0o700 })
  const dir = realpathSync(resolve(options.dir))
  const lock = lockFolder(dir)
  const settings = processOptions(dir, options)
  let port = settings.port
  const launch = async (): Promise<LaunchedEngine> => {
    const launched = await launchWhenFree({
      dir,
      options: { ...settings, port },
      startTimeoutMs: options.startTimeoutMs ?? 60_000,
      stopGraceMs: options.stopGraceMs ?? 10_000,
      log,
    })
    port = launched.port
    return launched
  }
  try {
    const supervised = await supervise({
      launch,
      ...(options.restarts === undefined ? {} : { policy: options.restarts }),
      onExit: options.onExit ?? (() => undefined),
      log,
    })
    return {
      url: `http://${settings.user}:${settings.password}@127.0.0.1:${port}`,
      health: supervised.health,
      stop: async () => {
        await supervised.stop()
        rmSync(settings.spool, { recursive: true, force: true })
        lock.release()
      },
    }
  } catch (error) {
    rmSync(settings.spool, { recursive: true, force: true })
    lock.release()
    throw error
  }
}

function processOptions(dir: string, options: EmbeddedClickHouseOptions): EngineProcessOptions {
  const memoryBytes = options.memoryBytes ?? Math.min(4096 * mebibyte, Math.max(512 * mebibyte, Math.floor(memoryOfMachine() / 4)))
  return {
    path: join(dir, 'data'),
    spool: spoolFolder(dir),
    args: [
      `--max_server_memory_usage=${Math.max(Math.floor(memoryBytes / 2), memoryBytes - frontBytes)}`,
      `--mark_cache_size=${Math.floor(memoryBytes / 16)}`,
      // An INSERT gathers this much before it writes a part; the engine's default is four times as much.
      `--min_insert_block_size_bytes=${64 * mebibyte}`,
      // The default maps the whole file, and keeps it: the spool of a large INSERT would count as memory.
      '--storage_file_read_method=pread',
      ...(options.engineArgs ?? []),
    ],
    user: 'default',
    password: randomBytes(24).toString('base64url'),
    port: options.port ?? 0,
    maxConcurrentQueries: options.maxConcurrentQueries ?? 8,
    maxQueuedQueries: options.maxQueuedQueries ?? 256,
    maxQueryBytes: options.maxQueryBytes ?? 4 * mebibyte,
    maxFieldBytes: options.maxFieldBytes ?? mebibyte / 8,
    maxInsertBytes: options.maxInsertBytes ?? 4096 * mebibyte,
    maxWholeResultBytes: options.maxWholeResultBytes ?? 128 * mebibyte,
  }
}

/** The engine reads these characters in the path of a file as a pattern, and folders may be called so. */
function spoolFolder(dir: string): string {
  return /[*?{}[\]]/.test(dir) ? mkdtempSync(join(tmpdir(), 'tenon-spool-')) : join(dir, 'spool')
}

/**
 * We hold the folder's lock, so an engine that still has the folder is one whose parent was killed: it ends within
 * seconds.
 */
async function launchWhenFree(launch: LaunchEngine): Promise<LaunchedEngine> {
  const step = 200
  for (let waited = 0; ; waited += step) {
    try {
      return await launchEngine(launch)
    } catch (error) {
      const held = error instanceof Error && error.message.includes('Another server instance in same directory')
      if (!held || waited >= 10_000) throw error
      await delay(step)
    }
  }
}
