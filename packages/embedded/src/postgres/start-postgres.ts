import { mkdirSync, realpathSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { Client, escapeIdentifier } from 'pg'
import type { EmbeddedServer } from '../embedded-server.ts'
import { lockFolder } from '../folder-lock.ts'
import { memoryOfMachine } from '../memory-of-machine.ts'
import { type RestartPolicy, supervise } from '../supervisor.ts'
import { locateBinaries } from './binaries.ts'
import { ensureCluster, superuser } from './cluster.ts'
import { launchPostgres } from './launch-postgres.ts'
import { postgresArguments } from './postgres-arguments.ts'
import { reachableName } from './reachable-name.ts'
import { chooseUser } from './run-as.ts'
import { chooseSocketFolder } from './socket-folder.ts'

const mebibyte = 1024 * 1024

export interface EmbeddedPostgresOptions {
  /** The database to connect to, created when it is missing. Default `tenon`. */
  readonly database?: string
  /** What the server is sized for. Default: a sixteenth of the machine's, at least 256 MiB and at most 1.5 GiB. */
  readonly memoryBytes?: number
  /** Default 60. */
  readonly maxConnections?: number
  /** Further settings of postgresql.conf by name; those that would open the server to others are ignored. */
  readonly settings?: Readonly<Record<string, string>>
  /** How long a start may take, crash recovery included, which begins anew where it is broken off. Default 300 000. */
  readonly startTimeoutMs?: number
  readonly restarts?: RestartPolicy
}

export interface StartPostgres extends EmbeddedPostgresOptions {
  /** The folder that holds the cluster. */
  readonly dir: string
  readonly onExit?: (reason: string) => void
  readonly log?: (line: string) => void
}

/**
 * Starts Postgres 18 below `dir` and resolves when it answers. It listens on a unix socket only and is gone when we are.
 *
 * @throws TENON_EMBEDDED_BUSY, TENON_EMBEDDED_START_FAILED, TENON_EMBEDDED_UNSUPPORTED, TENON_EMBEDDED_VERSION
 */
export async function startPostgres(options: StartPostgres): Promise<EmbeddedServer> {
  const log = options.log ?? (() => undefined)
  const database = options.database ?? 'tenon'
  mkdirSync(options.dir, { recursive: true, mode: 0o700 })
  const dir = realpathSync(resolve(options.dir))
  const lock = lockFolder(dir)
  try {
    const runAs = chooseUser()
    const binaries = locateBinaries(runAs)
    const data = await ensureCluster(dir, binaries, runAs)
    const socket = chooseSocketFolder(data, runAs)
    const args = postgresArguments({
      dataName: reachableName(data, runAs),
      socketFolder: socket.server,
      memoryBytes: options.memoryBytes ?? defaultMemory(),
      maxConnections: options.maxConnections ?? 60,
      settings: options.settings ?? {},
    })
    const startTimeoutMs = options.startTimeoutMs ?? 300_000
    const supervised = await supervise({
      launch: () => launchPostgres({ dir, data, socketFolder: socket.client, user: superuser, binaries, runAs, args, startTimeoutMs, log }),
      ...(options.restarts === undefined ? {} : { policy: options.restarts }),
      onExit: options.onExit ?? (() => undefined),
      log,
    })
    await ensureDatabase(socket.client, database)
    return {
      url: `postgres://${superuser}@${encodeURIComponent(socket.client)}/${encodeURIComponent(database)}`,
      health: supervised.health,
      stop: async () => {
        await supervised.stop()
        if (socket.client !== data) rmSync(socket.client, { recursive: true, force: true })
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function ensureDatabase(host: string, database: string): Promise<void> {
  const client = new Client({ host, user: superuser, database: 'postgres' })
  await client.connect()
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database])
    if (found.rowCount === 0) await client.query(`create database ${escapeIdentifier(database)}`)
  } finally {
    await client.end()
  }
}

/** The index that recognises repeated messages is read at random places, and grows with them. */
const defaultMemory = (): number => Math.min(1536 * mebibyte, Math.max(256 * mebibyte, Math.floor(memoryOfMachine() / 16)))
