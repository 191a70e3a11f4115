import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseClient, type ClickHouseClientConfigOptions, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { startClickHouse } from './start-clickhouse.ts'

/** A ClickHouse to test against: the embedded engine, or the server that TENON_CLICKHOUSE_URL names. */
export interface EngineUnderTest {
  readonly url: string
  /** Whether it is the embedded engine: some cases are about the front alone. */
  readonly embedded: boolean
  readonly client: ClickHouseClient
  connect(options?: ClickHouseClientConfigOptions): ClickHouseClient
  close(): Promise<void>
}

export async function engineUnderTest(): Promise<EngineUnderTest> {
  const serverUrl = process.env.TENON_CLICKHOUSE_URL
  const dir = await mkdtemp(join(tmpdir(), 'tenon-embedded-'))
  const engine = serverUrl === undefined ? await startClickHouse({ dir, memoryBytes: 1024 ** 3 }) : undefined
  const url = serverUrl ?? engine?.url ?? ''
  const clients: ClickHouseClient[] = []
  const connect = (options: ClickHouseClientConfigOptions = {}) => {
    const client = createClient({ url, request_timeout: 60_000, log: { level: ClickHouseLogLevel.OFF }, ...options })
    clients.push(client)
    return client
  }
  const database = `tenon_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`
  await connect().command({ query: `CREATE DATABASE ${database}` })
  return {
    url,
    embedded: engine !== undefined,
    client: connect({ database }),
    connect: (options) => connect({ database, ...options }),
    close: async () => {
      await connect().command({ query: `DROP DATABASE ${database} SYNC` })
      await Promise.all(clients.map((client) => client.close()))
      await engine?.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** The rows of a query. */
export async function rowsOf<T>(client: ClickHouseClient, query: string, parameters: Record<string, unknown> = {}): Promise<T[]> {
  const result = await client.query({ query, query_params: parameters, format: 'JSONEachRow' })
  return result.json<T>()
}

/** Polls until `probe` gives a value. */
export async function eventually<T>(probe: () => Promise<T | undefined>, withinMs = 60_000): Promise<T> {
  for (let waited = 0; waited < withinMs; waited += 25) {
    const found = await probe()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`nothing within ${withinMs} ms`)
}
