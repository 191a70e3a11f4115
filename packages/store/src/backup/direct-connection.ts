import pg from 'pg'
import { columnTypes } from '../database/column-types.ts'

/**
 * A connection of its own, for statements that take as long as they take. Values are written in one form, whatever the server
 * is set to: digests of two servers must agree.
 */
export async function onDirectConnection<T>(databaseUrl: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
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
  try {
    await client.query(`set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set timezone = 'UTC'; set datestyle = 'ISO';
      set intervalstyle = 'postgres'; set bytea_output = 'hex'; set extra_float_digits = 1`)
    return await run(client)
  } finally {
    await client.end()
  }
}
