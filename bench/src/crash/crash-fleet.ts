import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startEmbedded } from '@tenon/embedded'
import { random } from '@tenon/testing/generator'
import { startNatsServer } from '@tenon/testing/stores'
import { type Load, sendLoad } from '../load/send-load.ts'
import { freePort, type ServerProcess, startServer } from '../load/server-process.ts'
import { type Crashed, type CrashRun, EVENTS_PER_SECOND, LIVES_MS, LOAD, SEED, underLoad } from './crash-run.ts'
import { heldInTheEnd, PREFIX } from './held-by.ts'

const NAMES = ['a', 'b']
/** Every so many rounds it is the NATS server that is killed. */
const NATS_EVERY = 5

interface Member {
  readonly load: Load
  readonly start: () => Promise<ServerProcess>
  server: ServerProcess
}

/** Two servers on one Postgres, one ClickHouse and one NATS: in each round one of the three that can be killed is. */
export async function crashFleet({ folder, rounds, log }: CrashRun): Promise<Crashed> {
  const stores = await startEmbedded({ dir: join(folder, 'stores') })
  const nats = await startNatsServer()
  const members: Member[] = []
  const chance = random(SEED)
  try {
    for (const name of NAMES) members.push(await joinFleet(name, folder, { ...stores, natsUrl: nats.url }))
    for (let round = 1; round <= rounds; round += 1) {
      await Promise.all(members.map(({ load }) => underLoad(load)))
      await delay(chance.integer(LIVES_MS.from, LIVES_MS.to))
      const victim = round % NATS_EVERY === 0 ? undefined : members[chance.integer(0, NAMES.length - 1)]
      if (victim === undefined) {
        await nats.kill()
        await nats.start()
      } else {
        await victim.server.kill()
        victim.server = await victim.start()
      }
      log(`jetstream, round ${round}: ${total(members)} acknowledged`)
    }
    const reports = await Promise.all(members.map(({ load }) => load.finish()))
    const acked = reports.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
    const state = await members[0]?.server.caughtUp()
    log(`jetstream: stored ${state?.stored}, sent again ${state?.duplicate}, failed ${state?.failed}`)
    // Counts may be those of a moment ago: the engine is asked until it has everything, or gets nothing more.
    const held = await heldInTheEnd(stores.clickhouseUrl, acked)
    return { log: 'jetstream', rounds, acked, lost: acked - held.messages, duplicated: held.rows - held.messages }
  } finally {
    for (const { load } of members) load.cancel()
    await Promise.all(members.map(({ server }) => server.kill()))
    await nats.close()
    await stores.stop()
  }
}

async function joinFleet(
  name: string,
  folder: string,
  stores: { readonly databaseUrl: string; readonly clickhouseUrl: string; readonly natsUrl: string },
): Promise<Member> {
  const dataDir = join(folder, name)
  await mkdir(dataDir)
  const port = await freePort()
  const { databaseUrl, clickhouseUrl, natsUrl } = stores
  const start = (): Promise<ServerProcess> => startServer({ dataDir, port, databaseUrl, clickhouseUrl, natsUrl })
  const server = await start()
  const { address, writeKey } = server
  const eventsPerSecond = EVENTS_PER_SECOND / NAMES.length
  const load = sendLoad({ ...LOAD, address, writeKey, prefix: `${PREFIX}-${name}`, connections: 32, eventsPerSecond })
  return { load, start, server }
}

const total = (members: readonly Member[]): number => members.reduce((sum, { load }) => sum + load.acknowledged, 0)
