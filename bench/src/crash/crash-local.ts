import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startEmbedded } from '@tenon/embedded'
import { random } from '@tenon/testing/generator'
import { sendLoad } from '../load/send-load.ts'
import { freePort, type ServerProcess, startServer } from '../load/server-process.ts'
import { type Crashed, type CrashRun, EVENTS_PER_SECOND, LIVES_MS, LOAD, SEED, underLoad } from './crash-run.ts'
import { type Held, heldBy, PREFIX } from './held-by.ts'

/** One server with its embedded stores and its log. In every second round its process that stores is killed before it is. */
export async function crashLocal({ folder, rounds, log }: CrashRun): Promise<Crashed> {
  const port = await freePort()
  const chance = random(SEED)
  const start = (): Promise<ServerProcess> => startServer({ dataDir: folder, port })
  let server = await start()
  let killed = 0
  const { address, writeKey } = server
  const load = sendLoad({ ...LOAD, address, writeKey, prefix: PREFIX, connections: 64, eventsPerSecond: EVENTS_PER_SECOND })
  try {
    for (let round = 1; round <= rounds; round += 1) {
      await underLoad(load)
      await delay(chance.integer(LIVES_MS.from, LIVES_MS.to))
      if (round % 2 === 0 && server.killStoring()) {
        killed += 1
        await delay(chance.integer(LIVES_MS.from, LIVES_MS.to))
      }
      await server.kill()
      server = await start()
      log(`local, round ${round}: ${load.acknowledged} acknowledged`)
    }
    const { acknowledged: acked } = await load.finish()
    const state = await server.caughtUp()
    log(`local: ${killed} times a process that stores was killed before its server`)
    log(`local: stored ${state.stored}, sent again ${state.duplicate}, failed ${state.failed}`)
    await server.stop()
    const held = await heldInFolder(folder)
    return { log: 'local', rounds, acked, lost: acked - held.messages, duplicated: held.rows - held.messages }
  } finally {
    load.cancel()
    await server.kill()
  }
}

/** Opens the engine of the stopped server, and asks it alone. */
async function heldInFolder(folder: string): Promise<Held> {
  const stores = await startEmbedded({ dir: join(folder, 'stores'), postgres: false })
  try {
    return await heldBy(stores.clickhouseUrl ?? '')
  } finally {
    await stores.stop()
  }
}
