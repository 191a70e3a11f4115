import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { startEmbedded } from '@tenon/embedded'
import { random } from '@tenon/testing/generator'
import type { Bench, BenchContext } from './bench.ts'
import { inFolder } from './load/in-folder.ts'
import { type Load, sendLoad } from './load/send-load.ts'
import { freePort, type ServerProcess, startServer } from './load/server-process.ts'

const SEED = 9
const EVENTS_PER_SECOND = 2_000
const LIVES_MS = { from: 200, to: 2_500 }

/**
 * A server with its embedded stores is killed again and again while clients send, and send again what was not acknowledged. In the
 * end the engine is asked which messages it holds: each acknowledged one must be there, and once.
 */
export const bench: Bench = {
  summary: 'kill -9 under load: acknowledged events that are lost or stored twice',
  run: (context) => inFolder('crash', (folder) => crash(folder, context)),
}

async function crash(folder: string, { smoke, args, log }: BenchContext) {
  const rounds = Number(args.find((arg) => arg.startsWith('--rounds='))?.slice(9) ?? (smoke ? 2 : 50))
  const port = await freePort()
  const chance = random(SEED)
  const start = (): Promise<ServerProcess> => startServer({ dataDir: folder, port })
  let server = await start()
  const { address, writeKey } = server
  const load = sendLoad({
    ...{ address, writeKey, seed: SEED, people: 5_000, prefix: 'crash', insists: true },
    ...{ eventsPerRequest: 20, connections: 64, eventsPerSecond: EVENTS_PER_SECOND },
  })
  try {
    for (let round = 1; round <= rounds; round += 1) {
      await underLoad(load)
      await delay(chance.integer(LIVES_MS.from, LIVES_MS.to))
      await server.kill()
      server = await start()
      log(`round ${round}: ${load.acknowledged} acknowledged`)
    }
    const { acknowledged } = await load.finish()
    const state = await server.caughtUp()
    log(`stored ${state.stored}, sent again ${state.duplicate}, failed ${state.failed}`)
    await server.stop()
    const held = await heldBy(folder)
    return [{ bench: 'crash', rounds, acked: acknowledged, lost: acknowledged - held.messages, duplicated: held.rows - held.messages }]
  } finally {
    load.cancel()
    await server.kill()
  }
}

/** Resolves once the server has acknowledged something in this life. */
async function underLoad(load: Load): Promise<void> {
  const before = load.acknowledged
  for (let waited = 0; load.acknowledged === before; waited += 10) {
    if (waited > 60_000) throw new Error('the server accepts nothing')
    await delay(10)
  }
}

/** Opens the engine of the stopped server, and asks it alone. */
async function heldBy(folder: string): Promise<{ readonly rows: number; readonly messages: number }> {
  const stores = await startEmbedded({ dir: join(folder, 'stores'), postgres: false })
  const client: ClickHouseClient = createClient({ url: stores.clickhouseUrl ?? '', log: { level: ClickHouseLogLevel.OFF } })
  try {
    const answer = await client.query({
      query: "SELECT count() AS rows, uniqExact(message_id) AS messages FROM events WHERE startsWith(message_id, 'crash-')",
      format: 'JSONEachRow',
    })
    const [row] = await answer.json<{ rows: string; messages: string }>()
    return { rows: Number(row?.rows), messages: Number(row?.messages) }
  } finally {
    await client.close()
    await stores.stop()
  }
}
