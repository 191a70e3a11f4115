import { createClient } from '@clickhouse/client'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { type EphemeralStores, ephemeralStores } from './ephemeral-stores.ts'

async function onPostgres<T extends object>(url: string, sql: string): Promise<readonly T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows
  } finally {
    await client.end()
  }
}

async function onClickHouse(url: string, run: (client: ReturnType<typeof createClient>) => Promise<unknown>): Promise<void> {
  const client = createClient({ url })
  try {
    await run(client)
  } finally {
    await client.close()
  }
}

async function withStores(count: number, run: (stores: readonly EphemeralStores[]) => Promise<void>): Promise<void> {
  const stores = await Promise.all(Array.from({ length: count }, () => ephemeralStores()))
  try {
    await run(stores)
  } finally {
    await Promise.all(stores.map((store) => store.close()))
  }
}

describe('ephemeralStores', () => {
  it('gives each call databases of its own', async () =>
    withStores(2, async ([left, right]) => {
      if (left === undefined || right === undefined) throw new Error('two stores were asked for')
      await onPostgres(left.databaseUrl, 'create table mine (x int)')
      expect(await onPostgres(right.databaseUrl, "select to_regclass('mine') as found")).toEqual([{ found: null }])

      await onClickHouse(left.clickhouseUrl, (client) => client.command({ query: 'CREATE TABLE mine (x UInt8) ENGINE = Memory' }))
      await onClickHouse(right.clickhouseUrl, async (client) => {
        const tables = await client.query({ query: 'SHOW TABLES', format: 'JSONEachRow' })
        expect(await tables.json()).toEqual([])
      })
    }))

  it('drops them on close, also while a client is connected', async () => {
    const stores = await ephemeralStores()
    const name = new URL(stores.clickhouseUrl).pathname.slice(1)
    const stillHere = new pg.Client({ connectionString: stores.databaseUrl })
    stillHere.on('error', () => {})
    await stillHere.connect()
    await stores.close()
    await withStores(1, async ([other]) => {
      if (other === undefined) throw new Error('a store was asked for')
      expect(await onPostgres(other.databaseUrl, `select datname from pg_database where datname = '${name}'`)).toEqual([])
    })
  })
})
