import { randomUUID } from 'node:crypto'
import { createClient } from '@clickhouse/client'
import pg from 'pg'
import { findServers } from './find-servers.ts'
import { withDatabase } from './server-url.ts'

export interface EphemeralStores {
  /** A Postgres database of its own. */
  readonly databaseUrl: string
  /** A ClickHouse database of its own, named in the path. */
  readonly clickhouseUrl: string
  /** Drops both, also while something is still connected. The engine frees the disk later: to wait for its queries would take what a test has. */
  close(): Promise<void>
}

/**
 * A fresh, empty database in Postgres and in ClickHouse: on the servers that `TENON_DATABASE_URL` and
 * `TENON_CLICKHOUSE_URL` name, else on the embedded pair, which a vitest run starts once and at the first call.
 * Names are unique, so calls may run in parallel.
 *
 * @example
 * ```ts
 * const stores = await ephemeralStores()
 * afterAll(() => stores.close())
 * ```
 */
export async function ephemeralStores(): Promise<EphemeralStores> {
  const servers = await findServers()
  const name = `tenon_test_${randomUUID().replaceAll('-', '')}`
  try {
    await Promise.all([
      onPostgres(servers.databaseUrl, `CREATE DATABASE ${name}`),
      onClickHouse(servers.clickhouseUrl, `CREATE DATABASE ${name}`),
    ])
  } catch (error) {
    await servers.release()
    throw error
  }
  return {
    databaseUrl: withDatabase(servers.databaseUrl, name),
    clickhouseUrl: withDatabase(servers.clickhouseUrl, name),
    async close() {
      const dropped = await Promise.allSettled([
        onPostgres(servers.databaseUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
        onClickHouse(servers.clickhouseUrl, `DROP DATABASE IF EXISTS ${name}`),
      ])
      await servers.release()
      const failures = dropped.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
      if (failures.length > 0) throw new AggregateError(failures, `could not drop the test databases ${name}`)
    },
  }
}

async function onPostgres(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

async function onClickHouse(url: string, query: string): Promise<void> {
  const client = createClient({ url, request_timeout: 55_000 })
  try {
    await client.command({ query })
  } finally {
    await client.close()
  }
}
