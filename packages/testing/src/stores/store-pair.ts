import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Postgres server and a ClickHouse server of which nothing outlives `stop`. */
export interface StorePair {
  readonly databaseUrl: string
  readonly clickhouseUrl: string
  stop(): Promise<void>
}

/** Enough for any test; several runs must fit into one machine. */
const engineBytes = 1536 * 1024 ** 2

/** The embedded pair in a folder of its own; the environment may name a server for either half. */
export async function startPair(): Promise<StorePair> {
  const given = { databaseUrl: process.env.TENON_DATABASE_URL, clickhouseUrl: process.env.TENON_CLICKHOUSE_URL }
  // Loaded at need: most test runs touch no store and must not pay for the engine.
  const { startEmbedded } = await import('@tenon/embedded')
  const dir = await mkdtemp(join(tmpdir(), 'tenon-stores-'))
  const embedded = await startEmbedded({
    dir,
    ...(given.databaseUrl ? { postgres: false } : {}),
    clickhouse: given.clickhouseUrl ? false : { memoryBytes: engineBytes },
  })
  const stop = async (): Promise<void> => {
    await embedded.stop()
    await rm(dir, { recursive: true, force: true })
  }
  const databaseUrl = given.databaseUrl || embedded.databaseUrl
  const clickhouseUrl = given.clickhouseUrl || embedded.clickhouseUrl
  if (databaseUrl && clickhouseUrl) return { databaseUrl, clickhouseUrl, stop }
  await stop()
  throw new Error('the embedded servers gave no address')
}
