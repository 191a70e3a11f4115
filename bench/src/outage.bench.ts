import { setTimeout as delay } from 'node:timers/promises'
import { startEmbedded } from '@tenon/embedded'
import type { Bench, BenchContext } from './bench.ts'
import { heldInTheEnd, PREFIX } from './crash/held-by.ts'
import { type Gate, openGate } from './load/gate.ts'
import { inFolder } from './load/in-folder.ts'
import { sendLoad } from './load/send-load.ts'
import { freePort, type ServerProcess, startServer } from './load/server-process.ts'

const SEED = 10
const EVENTS_PER_SECOND = 1_000
const BETWEEN_MS = 5_000

/**
 * The engine is gone for ten minutes, and then Postgres is, while events come in all the time: nothing may be refused, nothing lost or
 * stored twice, and the server must catch up by itself. `--seconds=` changes how long each is gone.
 */
export const bench: Bench = {
  summary: 'engine and Postgres away for ten minutes each, under load: what is refused, lost or stored twice',
  zero: ['refused', 'lost', 'duplicated'],
  run: (context) => inFolder('outage', (folder) => outage(folder, context)),
}

async function outage(folder: string, { smoke, args, log }: BenchContext) {
  const seconds = Number(args.find((arg) => arg.startsWith('--seconds='))?.slice(10) ?? (smoke ? 3 : 600))
  const stores = await startEmbedded({ dir: `${folder}/stores` })
  try {
    const engine = await behindGate(stores.clickhouseUrl)
    const postgres = await behindGate(stores.databaseUrl)
    const server = await startServer({ dataDir: folder, port: await freePort(), databaseUrl: postgres.url, clickhouseUrl: engine.url })
    const { address, writeKey } = server
    const load = sendLoad({
      ...{ address, writeKey, prefix: PREFIX, seed: SEED, people: 5_000, eventsPerRequest: 20, connections: 64 },
      eventsPerSecond: EVENTS_PER_SECOND,
    })
    try {
      const away = async (name: string, { gate }: { readonly gate: Gate }): Promise<number> => {
        await delay(smoke ? 1_000 : BETWEEN_MS)
        await gate.shut()
        log(`${name} is gone for ${seconds} s`)
        await delay(seconds * 1_000)
        await gate.open()
        const took = await catchUp(server)
        log(`${name} is back; caught up in ${took.toFixed(1)} s, ${load.acknowledged} acknowledged so far`)
        return took
      }
      const withoutEngine = await away('the engine', engine)
      const withoutPostgres = await away('Postgres', postgres)
      const report = await load.finish()
      if (report.failures > 0) log(`requests that failed: ${JSON.stringify(report.failedWith)}`)
      await server.caughtUp()
      const held = await heldInTheEnd(stores.clickhouseUrl, report.acknowledged)
      return [
        {
          bench: 'outage',
          seconds_each: seconds,
          events_per_s: EVENTS_PER_SECOND,
          acked: report.acknowledged,
          refused: report.failures,
          lost: report.acknowledged - held.messages,
          duplicated: held.rows - held.messages,
          caught_up_s_engine: round(withoutEngine),
          caught_up_s_postgres: round(withoutPostgres),
          p99_ms: round(report.p99Ms),
        },
      ]
    } finally {
      load.cancel()
      await server.stop()
      await Promise.all([engine.gate.shut(), postgres.gate.shut()])
    }
  } finally {
    await stores.stop()
  }
}

/** The same address through a gate. What stands in it is a host with its port, or the folder of a socket of Postgres. */
async function behindGate(address: string): Promise<{ readonly url: string; readonly gate: Gate }> {
  const [, before = '', place = '', behind = ''] = /^(\w+:\/\/[^@/]*@)([^/]+)(.*)$/.exec(address) ?? []
  const name = decodeURIComponent(place)
  const { hostname: host, port } = new URL(name.startsWith('/') ? 'http://socket' : `http://${place}`)
  const gate = await openGate(name.startsWith('/') ? { path: `${name}/.s.PGSQL.5432` } : { host, port: Number(port) })
  return { gate, url: `${before}127.0.0.1:${gate.port}${behind}` }
}

/** Seconds until less waits than comes in within two. */
async function catchUp(server: ServerProcess): Promise<number> {
  const began = performance.now()
  for (;;) {
    const { inLog } = await server.state()
    if (inLog < 2 * EVENTS_PER_SECOND) return (performance.now() - began) / 1_000
    await delay(200)
  }
}

const round = (value: number): number => Math.round(value * 10) / 10
