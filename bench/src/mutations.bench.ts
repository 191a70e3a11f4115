import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import type { Bench, BenchContext } from './bench.ts'
import { inFolder } from './load/in-folder.ts'
import { freePort, type ServerProcess, type ServerState, startServer } from './load/server-process.ts'
import { type MutatedRequest, mutatedRequest } from './mutations/mutated-request.ts'
import { partsOf } from './mutations/parts-of.ts'

const EVENTS_PER_REQUEST = 40
const CONNECTIONS = 8
const MOST_BYTES = 480_000

/**
 * Events that something happened to, over the public route of the Segment source: whatever comes, the answer is never a failure of the
 * server, every part is accounted for, and the counts add up whenever somebody looks, also while all that failed is replayed.
 */
export const bench: Bench = {
  summary: 'mutated events: answers of 500 and above, and parts that nobody accounts for',
  zero: ['status_5xx', 'unaccounted', 'unbalanced'],
  run: (context) => inFolder('mutations', (folder) => mutations(folder, context)),
}

async function mutations(folder: string, { smoke, args, log }: BenchContext) {
  const asked = (name: string): string | undefined => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
  const wanted = Number(asked('events') ?? (smoke ? 2_000 : 100_000))
  const seed = Number(asked('seed') ?? Math.floor(Math.random() * 2 ** 31))
  log(`seed ${seed}: again with --seed=${seed}`)
  const server = await startServer({ dataDir: folder, port: await freePort() })
  const books = balance(server)
  try {
    const sent = await sendAll(server, requestsOf(wanted, seed), log)
    const state = await server.caughtUp()
    log(`stored ${state.stored}, duplicate ${state.duplicate}, failed ${state.failed}, dropped ${state.dropped}`)
    const replayed = await replayAll(server)
    const last = await server.caughtUp()
    const { looks, unbalanced } = await books.close()
    return [
      {
        ...{ bench: 'mutations', seed, requests: sent.requests, events: sent.parts, status_5xx: sent.failures },
        ...{ received: last.received, stored: last.stored, duplicate: last.duplicate, failed: last.failed, dropped: last.dropped },
        ...{ replayed, unaccounted: sent.parts - last.received, looks, unbalanced },
      },
    ]
  } finally {
    await server.stop()
  }
}

/** A sequence of requests with so many parts in all. */
function* requestsOf(parts: number, seed: number): Generator<MutatedRequest> {
  let left = parts
  for (let round = 0; left > 0; round++) {
    for (const request of fc.sample(mutatedRequest(EVENTS_PER_REQUEST), { numRuns: 20, seed: seed + round })) {
      if (left <= 0) return
      // Longer ones are refused as a whole, which is tested elsewhere.
      if (request.body.length > MOST_BYTES) continue
      left -= partsOf(request.body)
      yield request
    }
  }
}

async function sendAll({ address, writeKey }: ServerProcess, requests: Generator<MutatedRequest>, log: BenchContext['log']) {
  const authorization = `Basic ${btoa(`${writeKey}:`)}`
  const sent = { requests: 0, parts: 0, failures: 0 }
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (const { path, headers, body } of requests) {
        const response = await post(`${address}${path}`, { ...headers, authorization }, body)
        await response.arrayBuffer()
        sent.requests += 1
        sent.parts += partsOf(body)
        if (response.status >= 500) {
          sent.failures += 1
          log(`${response.status} for ${path}: ${new TextDecoder().decode(body).slice(0, 500)}`)
        }
        if (sent.requests % 500 === 0) log(`${sent.parts} events`)
      }
    }),
  )
  return sent
}

/** Who is told to come again comes again: nothing of the request was kept. */
async function post(url: string, headers: Readonly<Record<string, string>>, body: MutatedRequest['body']): Promise<Response> {
  for (;;) {
    const response = await fetch(url, { method: 'POST', headers, body })
    if (response.status !== 429 && response.status !== 503) return response
    await response.arrayBuffer()
    await delay(500)
  }
}

/** Sends all that failed through everything once more: it fails again, and nothing is counted twice. */
async function replayAll({ address, apiKey }: ServerProcess): Promise<number> {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const started = await fetch(`${address}/v1/replays`, { method: 'POST', headers, body: '{"filter":{}}' })
  const { id } = (await started.json()) as { readonly id: string }
  for (;;) {
    const replay = (await (await fetch(`${address}/v1/replays/${id}`, { headers })).json()) as {
      readonly state: string
      readonly queued: number
    }
    if (replay.state === 'done') return replay.queued
    await delay(200)
  }
}

/** Looks at the counts all the time, and keeps how often they did not add up. */
function balance(server: ServerProcess): { close(): Promise<{ readonly looks: number; readonly unbalanced: number }> } {
  let open = true
  let looks = 0
  let unbalanced = 0
  const adds = ({ received, stored, duplicate, failed, dropped, inLog }: ServerState): boolean =>
    received === stored + duplicate + failed + dropped + inLog
  const looking = (async () => {
    while (open) {
      const state = await server.state()
      looks += 1
      if (!adds(state)) unbalanced += 1
      await delay(50)
    }
  })()
  return {
    async close() {
      open = false
      await looking
      return { looks, unbalanced }
    },
  }
}
