import type { Bench, BenchContext } from './bench.ts'
import { cpuByProcess, cpuPerEvent } from './load/cpu-by-process.ts'
import { inFolder } from './load/in-folder.ts'
import { quantile } from './load/quantile.ts'
import { sendLoad } from './load/send-load.ts'
import { freePort, type ServerProcess, startServer } from './load/server-process.ts'
import { slopeOf } from './load/slope.ts'
import { type MemorySample, watchMemory } from './load/watch-memory.ts'

const SEED = 77
const SHARE_OF_MAXIMUM = 0.6
const EVENTS_PER_REQUEST = 100

/**
 * Measures what a server with its embedded stores stores in a second, and then sends 60 % of that for ten minutes: memory and
 * latencies must stay where they are. What comes before warms it up at full speed, and with everybody once, so that caches and heaps have
 * their size: it shows what a steady load of known people costs, and not what new ones add.
 * `--seconds=` changes how long.
 */
export const bench: Bench = {
  summary: 'ten minutes at 60 % of the maximum: slope of memory, latencies at the beginning and at the end',
  zero: ['errors', 'lost'],
  run: (context) => inFolder('soak', (folder) => soak(folder, context)),
}

async function soak(folder: string, { smoke, args, log }: BenchContext) {
  const seconds = Number(args.find((arg) => arg.startsWith('--seconds='))?.slice(10) ?? (smoke ? 8 : 600))
  const server = await startServer({ dataDir: folder, port: await freePort() })
  const { address, writeKey } = server
  const order = { address, writeKey, seed: SEED, people: smoke ? 2_000 : 100_000, eventsPerRequest: EVENTS_PER_REQUEST }
  try {
    const burst = { ...order, connections: 8, events: smoke ? 5_000 : 300_000 }
    await storedPerSecond(server, { ...burst, events: order.people, inTurn: true, insists: true, prefix: 'everybody' })
    await storedPerSecond(server, { ...burst, prefix: 'warm-up' })
    const maximum = await storedPerSecond(server, { ...burst, prefix: 'burst' })
    const eventsPerSecond = Math.round(maximum * SHARE_OF_MAXIMUM)
    log(`the maximum is ${Math.round(maximum)} events stored a second; ${eventsPerSecond} are sent for ${seconds} s`)
    const before = await server.state()
    const usedBefore = cpuByProcess()
    const load = sendLoad({ ...order, connections: 64, prefix: 'soak', events: eventsPerSecond * seconds, eventsPerSecond })
    const memory = watchMemory(server)
    const { acknowledged, failures, failedWith, slices } = await load.report.finally(memory.stop)
    if (failures > 0) log(`requests that failed: ${JSON.stringify(failedWith)}`)
    const behind = (await server.state()).inLog
    const after = await server.caughtUp()
    const used = cpuPerEvent(usedBefore, cpuByProcess(), after.stored - before.stored)
    log(`µs of CPU per event, evaluations included: ${used}`)
    // The first third warms up: caches fill to their limits.
    const settled = memory.samples.slice(Math.floor(memory.samples.length / 3))
    const p99 = slices.map(({ p99Ms }) => p99Ms)
    for (const line of byMinute(memory.samples, p99)) log(line)
    const third = Math.ceil(p99.length / 3)
    return [
      {
        bench: 'soak',
        seconds,
        events_per_s: eventsPerSecond,
        errors: failures,
        lost: acknowledged - (after.stored - before.stored),
        ...memoryOf('rss', settled, ({ rssBytes }) => rssBytes),
        ...memoryOf('engine_rss', settled, ({ engineRssBytes }) => engineRssBytes),
        log_behind: behind,
        p99_ms_first_third: round(quantile(p99.slice(0, third), 0.5)),
        p99_ms_last_third: round(quantile(p99.slice(-third), 0.5)),
      },
    ]
  } finally {
    await server.stop()
  }
}

async function storedPerSecond(
  server: ServerProcess,
  order: Parameters<typeof sendLoad>[0] & { readonly events: number },
): Promise<number> {
  const began = performance.now()
  const { acknowledged } = await sendLoad(order).report
  if (acknowledged !== order.events) throw new Error(`${acknowledged} of ${order.events} events were acknowledged`)
  await server.caughtUp()
  return order.events / ((performance.now() - began) / 1_000)
}

/** What grows and what does not, for people: the memory of each process, what waited, and p99, as they were at the end of each minute. */
function byMinute(samples: readonly MemorySample[], p99OfSeconds: readonly number[]): readonly string[] {
  const minutes = Map.groupBy(samples, ({ x }) => Math.floor(x / 60))
  return [...minutes].flatMap(([minute, within]) => {
    const last = within.at(-1)
    if (last === undefined) return []
    const { rssBytes, storingRssBytes, engineRssBytes, inLog } = last
    const memory = Object.entries({ server: rssBytes - storingRssBytes, storing: storingRssBytes, engine: engineRssBytes })
    // There is a slice for each second.
    const p99 = quantile(p99OfSeconds.slice(minute * 60, (minute + 1) * 60), 0.5)
    const held = memory.map(([name, bytes]) => `${name} ${Math.round(bytes / 1024 ** 2)} MB`).join(', ')
    return [`minute ${minute + 1}: ${held}; ${inLog} wait; p99 ${round(p99)} ms`]
  })
}

function memoryOf(name: string, samples: readonly MemorySample[], bytesOf: (sample: MemorySample) => number) {
  const points = samples.map((sample) => ({ x: sample.x, y: bytesOf(sample) / 1024 ** 2 }))
  return { [`${name}_mb`]: Math.round(points.at(-1)?.y ?? 0), [`${name}_slope_mb_per_min`]: round(slopeOf(points) * 60) }
}

const round = (value: number): number => Math.round(value * 10) / 10
