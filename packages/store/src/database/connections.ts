import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@tenon/kernel/contracts'
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import pg from 'pg'
import { StoreUnavailable } from '../errors.ts'
import { columnTypes } from './column-types.ts'
import { storableText } from './storable.ts'
import { isDisconnect } from './transient.ts'

export interface ConnectionOptions {
  readonly databaseUrl: string
  readonly maxConnections: number
  /** How long a call waits for Postgres to start or to come back. */
  readonly patienceMs: number
  /** Of one statement. */
  readonly statementTimeoutMs: number
  readonly logger: Logger | undefined
}

export interface Connections extends PostgresPool {
  connect(): Promise<PostgresPoolClient>
  /** One question, one try. */
  probe(): Promise<void>
}

/** The pool. It opens nothing before the first use, survives restarts of Postgres, and waits while Postgres starts. */
export function openConnections(options: ConnectionOptions): Connections {
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    max: options.maxConnections,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: options.statementTimeoutMs,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'tenon',
    keepAlive: true,
    types: columnTypes,
  })
  const open = new Set<pg.PoolClient>()
  // Without listeners the loss of a connection would end the process: one that is idle, and one that is taken but asks nothing just now.
  // Whoever has it hears of it with the next query.
  pool.on('connect', (client) => {
    open.add(client)
    client.on('error', () => undefined)
    client.once('end', () => open.delete(client))
  })
  pool.on('error', (error) => options.logger?.warn('a connection to Postgres was lost', { reason: error.message }))

  return {
    options: pool.options,
    async connect() {
      return textSafe(await patiently(() => pool.connect(), options))
    },
    async probe() {
      await pool.query('select 1')
    },
    // The pool forgets its connections before they are closed: whoever stops Postgres next would still cut them.
    async end() {
      const closed = [...open].map((client) => new Promise((resolve) => void client.once('end', resolve)))
      await pool.end()
      await Promise.all(closed)
    },
  }
}

/** To connect again is always safe. */
async function patiently(connect: () => Promise<pg.PoolClient>, { patienceMs, logger }: ConnectionOptions): Promise<pg.PoolClient> {
  let waited = 0
  let pause = 25
  for (;;) {
    try {
      return await connect()
    } catch (error) {
      if (!isDisconnect(error)) throw error
      if (waited >= patienceMs) throw StoreUnavailable.create({ reason: error instanceof Error ? error.message : String(error) }, error)
      if (waited === 0) logger?.warn('Postgres does not answer yet', { reason: error instanceof Error ? error.message : String(error) })
      await delay(pause)
      waited += pause
      pause = Math.min(pause * 2, 1000)
    }
  }
}

/** The one door for values: no text that Postgres would refuse passes it, from whatever query it comes. */
function textSafe(client: pg.PoolClient): PostgresPoolClient {
  function query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
  function query(sql: unknown, parameters: readonly unknown[] = []): unknown {
    if (typeof sql !== 'string') throw new TypeError('the store reads pages, not cursors')
    return client.query(sql, parameters.map(storableParameter))
  }
  return { query, release: (destroy) => client.release(destroy) }
}

function storableParameter(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value)
  return Array.isArray(value) ? value.map(storableParameter) : value
}
