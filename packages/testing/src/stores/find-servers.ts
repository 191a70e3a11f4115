import { askForPair } from './pair-desk.ts'
import { type StorePair, startPair } from './store-pair.ts'

export interface Servers {
  readonly databaseUrl: string
  readonly clickhouseUrl: string
  /** Stops what this call started; servers that others share stay. */
  release(): Promise<void>
}

/** Set by the vitest set-up for its workers. */
export const DESK_VARIABLE = 'TENON_TEST_STORES'

/** Given servers first, then the pair of the test run, then a pair for this caller alone. */
export async function findServers(): Promise<Servers> {
  const { TENON_DATABASE_URL: databaseUrl, TENON_CLICKHOUSE_URL: clickhouseUrl, [DESK_VARIABLE]: desk } = process.env
  if (databaseUrl && clickhouseUrl) return shared({ databaseUrl, clickhouseUrl })
  if (desk) return shared(await askForPair(desk))
  const pair = await startPair()
  return { databaseUrl: pair.databaseUrl, clickhouseUrl: pair.clickhouseUrl, release: pair.stop }
}

const shared = ({ databaseUrl, clickhouseUrl }: Pick<StorePair, 'databaseUrl' | 'clickhouseUrl'>): Servers => ({
  databaseUrl,
  clickhouseUrl,
  release: async () => {},
})
