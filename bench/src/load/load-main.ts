import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { FromLoad, LoadOrder, LoadReport, ToLoad } from './load-messages.ts'
import { quantile } from './quantile.ts'
import { createTraffic } from './traffic.ts'

/*
 * The generator, a process of its own: one order comes in, a report goes out. At a fixed rate the latency of a request counts
 * from the moment at which it was due, not from when a slow server let it be sent.
 */
const tell = (message: FromLoad): void => void process.send?.(message)

let finishing = false

process.on('message', (message: ToLoad) => {
  if (message.kind === 'finish') finishing = true
  else
    run(message.order).then(
      (report) => {
        tell({ kind: 'report', report })
        process.disconnect()
      },
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
        process.exit(1)
      },
    )
})

interface Answered {
  readonly atMs: number
  readonly tookMs: number
}

/** A request that was refused never came to its end: it counts among the slowest. As JSON it is null. */
const NEVER_MS = Number.POSITIVE_INFINITY

async function run(order: LoadOrder): Promise<LoadReport> {
  const { address, writeKey, events = Number.POSITIVE_INFINITY, eventsPerRequest, connections, eventsPerSecond, insists = false } = order
  const traffic = createTraffic(order)
  // In turn: at the rates of our benches none is idle then. One that is may be closed by the server at the moment at which it is used again.
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' })
  const send = createSender(new URL('/v1/batch', address), writeKey, agent)
  const answered: Answered[] = []
  const requests = Math.ceil(events / eventsPerRequest)
  const intervalMs = eventsPerSecond === undefined ? 0 : (1_000 * eventsPerRequest) / eventsPerSecond
  const began = performance.now()
  let next = 0
  let acknowledged = 0
  let failures = 0
  const failedWith: Record<string, number> = {}

  const sendOne = async (place: number): Promise<void> => {
    const dueMs = eventsPerSecond === undefined ? performance.now() : began + place * intervalMs
    const body = Buffer.from(traffic.batch(eventsPerRequest))
    for (;;) {
      const status = await send(body)
      if (status === 200) break
      failures += 1
      failedWith[status] = (failedWith[status] ?? 0) + 1
      if (!insists) {
        answered.push({ atMs: performance.now() - began, tookMs: NEVER_MS })
        return
      }
      await delay(20)
    }
    const now = performance.now()
    answered.push({ atMs: now - began, tookMs: now - dueMs })
    acknowledged += eventsPerRequest
    tell({ kind: 'acknowledged', events: eventsPerRequest })
  }
  const closedLoop = async (): Promise<void> => {
    while (next < requests && !finishing) await sendOne(next++)
  }
  const openLoop = async (): Promise<void> => {
    const running = new Set<Promise<void>>()
    while (next < requests && !finishing) {
      const waitMs = began + next * intervalMs - performance.now()
      if (waitMs > 0) await delay(waitMs)
      const one = sendOne(next++).finally(() => running.delete(one))
      running.add(one)
    }
    await Promise.all(running)
  }
  await (eventsPerSecond === undefined ? Promise.all(Array.from({ length: connections }, closedLoop)) : openLoop())
  agent.destroy()
  const took = answered.map(({ tookMs }) => tookMs)
  const { user, system } = process.cpuUsage()
  const bySecond = Map.groupBy(answered, ({ atMs }) => Math.floor(atMs / 1_000))
  return {
    seconds: (performance.now() - began) / 1_000,
    acknowledged,
    failures,
    failedWith,
    p50Ms: quantile(took, 0.5),
    p99Ms: quantile(took, 0.99),
    cpuSeconds: (user + system) / 1e6,
    slices: [...bySecond.values()].map((slice) => {
      const each = slice.map(({ tookMs }) => tookMs)
      return { p50Ms: quantile(each, 0.5), p99Ms: quantile(each, 0.99) }
    }),
  }
}

/** The status of the answer, or what broke off. */
function createSender(url: URL, writeKey: string, agent: Agent): (body: Buffer) => Promise<number | string> {
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`
  return (body) =>
    new Promise((resolve) => {
      const headers = { authorization, 'content-type': 'application/json', 'content-length': body.length }
      const sent = request(url, { method: 'POST', agent, headers }, (response) => {
        response.resume()
        response.once('end', () => resolve(response.statusCode ?? 0))
        response.once('error', ({ message }) => resolve(`answer: ${message}`))
        response.once('aborted', () => resolve('answer: aborted'))
      })
      sent.once('error', ({ message }) => resolve(`${sent.reusedSocket ? 'used' : 'new'} connection: ${message}`))
      sent.end(body)
    })
}
