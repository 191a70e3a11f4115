import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Postgres server and a ClickHouse server of which nothing outlives `stop`. */
export interface StorePair {
  readonly databaseUrl: string
  readonly clickhouseUrl: string
  stop(): Promise<void>
}

/** The embedded pair in a folder of its own; the environment may name a server for either half. */
export async function startPair(): Promise<StorePair> {
  // Loaded at need: most test runs touch no store and must not pay for the engine.
  const { startEmbedded } = await import('@tenon/embedded')
  const dir = await mkdtemp(join(tmpdir(), 'tenon-stores-'))
  const embedded = await startEmbedded({ dir })
  return {
    databaseUrl: process.env.TENON_DATABASE_URL || embedded.databaseUrl,
    clickhouseUrl: process.env.TENON_CLICKHOUSE_URL || embedded.clickhouseUrl,
    async stop() {
      await embedded.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
