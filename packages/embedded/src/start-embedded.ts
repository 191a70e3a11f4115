import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type EmbeddedClickHouseOptions, startClickHouse } from './clickhouse/start-clickhouse.ts'
import type { EmbeddedServer } from './embedded-server.ts'
import { type EmbeddedPostgresOptions, startPostgres } from './postgres/start-postgres.ts'
import type { ServerHealth } from './supervisor.ts'

export type ServerName = 'postgres' | 'clickhouse'

export interface StartEmbedded {
  /** Holds everything that the servers store; made when it is missing. */
  readonly dir: string
  /** `false` leaves Postgres out. */
  readonly postgres?: EmbeddedPostgresOptions | false
  /** `false` leaves the ClickHouse engine out. */
  readonly clickhouse?: EmbeddedClickHouseOptions | false
  /** Told when a server went away without being asked to; it is started again. */
  readonly onExit?: (event: { readonly server: ServerName; readonly reason: string }) => void
  readonly log?: (line: string) => void
}

export interface Embedded {
  /** For `pg`: carries the folder of the unix socket. */
  readonly databaseUrl: string | undefined
  /** For `@clickhouse/client`: an address on 127.0.0.1 with user and password. */
  readonly clickhouseUrl: string | undefined
  health(): EmbeddedHealth
  /** Ends both servers in order; resolves once they are gone. */
  stop(): Promise<void>
}

/** Where nothing was left out. */
export interface EmbeddedPair extends Embedded {
  readonly databaseUrl: string
  readonly clickhouseUrl: string
}

export interface EmbeddedHealth {
  /** Whether every server that was asked for answers. */
  readonly ready: boolean
  readonly postgres: ServerHealth | undefined
  readonly clickhouse: ServerHealth | undefined
}

/**
 * Starts Postgres 18 and the ClickHouse engine under `dir`; resolves when both answer.
 *
 * @throws TENON_EMBEDDED_BUSY when another process runs the servers of `dir`; see also `startPostgres`, `startClickHouse`.
 */
export async function startEmbedded(
  options: StartEmbedded & { readonly postgres?: EmbeddedPostgresOptions; readonly clickhouse?: EmbeddedClickHouseOptions },
): Promise<EmbeddedPair>
export async function startEmbedded(options: StartEmbedded): Promise<Embedded>
export async function startEmbedded(options: StartEmbedded): Promise<Embedded> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 })
  const common = (server: ServerName) => ({
    dir: join(options.dir, server),
    onExit: (reason: string) => options.onExit?.({ server, reason }),
    log: (line: string) => options.log?.(`${server}: ${line}`),
  })
  const [postgres, clickhouse] = await allOrNone([
    options.postgres === false ? undefined : () => startPostgres({ ...options.postgres, ...common('postgres') }),
    options.clickhouse === false ? undefined : () => startClickHouse({ ...options.clickhouse, ...common('clickhouse') }),
  ])
  return Object.freeze({
    databaseUrl: postgres?.url,
    clickhouseUrl: clickhouse?.url,
    health: () => bothHealthy(postgres?.health(), clickhouse?.health()),
    stop: async () => {
      await Promise.all([postgres?.stop(), clickhouse?.stop()])
    },
  })
}

type Start = (() => Promise<EmbeddedServer>) | undefined

/** Starts all at once; when one fails, the others are stopped before the error is thrown. */
async function allOrNone(starts: readonly Start[]): Promise<readonly (EmbeddedServer | undefined)[]> {
  const results = await Promise.allSettled(starts.map(async (start) => start?.()))
  const failure = results.find((result) => result.status === 'rejected')
  const servers = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined))
  if (failure === undefined) return servers
  await Promise.all(servers.map((server) => server?.stop()))
  throw failure.reason
}

function bothHealthy(postgres: ServerHealth | undefined, clickhouse: ServerHealth | undefined): EmbeddedHealth {
  const ready = [postgres, clickhouse].every((health) => health === undefined || health.state === 'ready')
  return Object.freeze({ ready, postgres, clickhouse })
}
