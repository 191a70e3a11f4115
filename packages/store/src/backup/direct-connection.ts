import pg from 'pg'
import { columnTypes } from '../database/column-types.ts'

/** A server that looks now and then whether its client is still there ends the statement of one that was killed. Not every system can. */
const LOOK_FOR_CLIENT = "set client_connection_check_interval = '5s'"

/**
 * A connection of its own, for statements that take as long as they take. Values are written in one form, whatever the server
 * is set to: digests of two servers must agree. When the signal fires, the server ends whatever the connection does;
 * one that takes no connection to be told so finds out by itself, once this one is gone.
 */
export async function onDirectConnection<T>(databaseUrl: string, run: (client: pg.Client) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const client = await connect(databaseUrl)
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const end = (): void => void terminate(databaseUrl, rows[0]?.pid).catch(() => client.end())
    signal?.addEventListener('abort', end, { once: true })
    try {
      signal?.throwIfAborted()
      await client.query(LOOK_FOR_CLIENT).catch(() => undefined)
      await client.query(`set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set timezone = 'UTC'; set datestyle = 'ISO';
      set intervalstyle = 'postgres'; set bytea_output = 'hex'; set extra_float_digits = 1`)
      return await run(client)
    } finally {
      signal?.removeEventListener('abort', end)
    }
  } finally {
    await client.end()
  }
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'tenon backup',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    types: columnTypes,
  })
  // Without a listener a lost connection would end the process; the statement that waits is told anyway.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function terminate(databaseUrl: string, pid: number | undefined): Promise<void> {
  const other = await connect(databaseUrl)
  await other.query('select pg_terminate_backend($1)', [pid]).finally(() => other.end())
}
