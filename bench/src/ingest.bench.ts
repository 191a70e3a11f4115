import { startEmbedded } from '@tenon/embedded'
import type { Bench, BenchContext } from './bench.ts'
import { cpuByProcess, cpuPerEvent } from './load/cpu-by-process.ts'
import { inFolder } from './load/in-folder.ts'
import { insertRaw } from './load/insert-raw.ts'
import type { LoadOrder } from './load/load-messages.ts'
import { sendLoad } from './load/send-load.ts'
import { freePort, type ServerProcess, startServer } from './load/server-process.ts'
import { watchMemory } from './load/watch-memory.ts'

const SEED = 20260301
const EVENTS_PER_REQUEST = 100
const STEADY_PER_SECOND = 20_000

/**
 * Accepted: acknowledged, that is durable, while the generator sends as fast as eight connections allow. Stored: the same events,
 * from the first request until the engine has the last of them, with dedup, identity and consent done. Raw: the same rows through the
 * bare client into a table of the same layout in the same engine, encoded beforehand and in large inserts; `raw_rows_per_s` and
 * `ratio_rows`: encoded by the client, in inserts as large as those of ingest. `--profile` leaves CPU profiles of the server and of its
 * process that stores in the folder where the bench was started; `--events=` changes the number of events.
 */
export const bench: Bench = {
  summary: 'accept over HTTP and store with dedup, identity and consent, against raw inserts of the same rows',
  run: (context) => inFolder('ingest', (folder) => race(folder, context)),
}

async function race(folder: string, { smoke, args, log }: BenchContext) {
  const events = Number(args.find((arg) => arg.startsWith('--events='))?.slice(9) ?? (smoke ? 10_000 : 400_000))
  const people = smoke ? 2_000 : 100_000
  const stores = await startEmbedded({ dir: `${folder}/stores` })
  const { databaseUrl, clickhouseUrl } = stores
  try {
    const nodeArgs = args.includes('--profile') ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}`] : []
    const server = await startServer({ dataDir: folder, port: await freePort(), databaseUrl, clickhouseUrl, nodeArgs })
    const { address, writeKey } = server
    const order = { address, writeKey, seed: SEED, people, eventsPerRequest: EVENTS_PER_REQUEST, connections: 8 }
    const measured = await measure(server, { ...order, events, prefix: 'burst' }, { smoke, log }).finally(server.stop)
    const raw = await insertRaw(clickhouseUrl)
    const { acceptedPerSecond, storedPerSecond, steady, rssBytes } = measured
    return [
      {
        bench: 'ingest',
        events,
        accepted_per_s: Math.round(acceptedPerSecond),
        stored_per_s: Math.round(storedPerSecond),
        raw_per_s: Math.round(raw.encoded),
        ratio: round(storedPerSecond / raw.encoded, 2),
        raw_rows_per_s: Math.round(raw.objects),
        ratio_rows: round(storedPerSecond / raw.objects, 2),
        p50_ms_at_20k: round(steady.p50Ms, 1),
        p99_ms_at_20k: round(steady.p99Ms, 1),
        rss_mb: Math.round(rssBytes / 1024 ** 2),
      },
    ]
  } finally {
    await stores.stop()
  }
}

async function measure(
  server: ServerProcess,
  order: LoadOrder & { readonly events: number },
  { smoke, log }: Pick<BenchContext, 'smoke' | 'log'>,
) {
  const warm = smoke ? 1_000 : 40_000
  await sendLoad({ ...order, events: warm, prefix: 'warm' }).report
  const before = await server.caughtUp()
  const memory = watchMemory(server)
  const usedBefore = cpuByProcess()
  const began = performance.now()
  const burst = await sendLoad(order).report
  log(`accepted ${burst.acknowledged} in ${round(burst.seconds, 1)} s, p99 ${round(burst.p99Ms, 1)} ms`)
  const after = await server.caughtUp()
  const storedSeconds = (performance.now() - began) / 1_000
  if (after.stored - before.stored !== order.events)
    throw new Error(`${after.stored - before.stored} of ${order.events} events were stored`)
  const used = cpuPerEvent(usedBefore, cpuByProcess(), order.events)
  const ofGenerator = round((burst.cpuSeconds * 1e6) / order.events, 1)
  log(`stored in ${round(storedSeconds, 1)} s; µs of CPU per event: ${used}, generator ${ofGenerator}`)

  const seconds = smoke ? 1 : 15
  const steady = await sendLoad({
    ...order,
    prefix: 'steady',
    connections: 64,
    events: STEADY_PER_SECOND * seconds,
    eventsPerSecond: STEADY_PER_SECOND,
  }).report
  const left = await server.state()
  log(`at ${STEADY_PER_SECOND}/s: ${steady.failures} refused, ${left.inLog} events behind after ${seconds} s`)
  await server.caughtUp()
  await memory.stop()
  const rssBytes = Math.max(...memory.samples.map((sample) => sample.rssBytes))
  return { acceptedPerSecond: burst.acknowledged / burst.seconds, storedPerSecond: order.events / storedSeconds, steady, rssBytes }
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
