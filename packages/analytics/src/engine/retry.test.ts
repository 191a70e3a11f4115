import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { event, migratedAnalytics, tickingClock } from '../analytics.fixture.ts'
import { type Analytics, openAnalytics } from '../analytics.ts'
import { AnalyticsUnreachable } from '../errors.ts'

const analytics = migratedAnalytics()
const quick = { attempts: 6, firstMs: 1, longestMs: 4 }

/** What becomes of one request: nothing of it arrives, or it is done but nobody hears of it, or all goes well. */
type Fate = 'refused' | 'unheard' | 'busy' | 'fine'

const open: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** A way to the real engine with faults, one for each request in turn, then none. */
async function behind(fates: Fate[]): Promise<{ readonly store: Analytics; readonly asked: () => number }> {
  let asked = 0
  const server = createServer((incoming, outgoing) => {
    asked++
    const fate = fates.shift() ?? 'fine'
    if (fate === 'refused') return void incoming.socket.destroy()
    if (fate === 'busy') {
      outgoing.writeHead(500, { 'X-ClickHouse-Exception-Code': '252' })
      return void outgoing.end('Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)')
    }
    forward(incoming, outgoing, fate === 'unheard')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(analytics.clickhouseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const store = openAnalytics({ clickhouseUrl: url.href, clock: tickingClock(), insertRetries: quick, readRetries: quick })
  open.push(store, {
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
  return { store, asked: () => asked }
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, unheard: boolean): void {
  const target = new URL(analytics.clickhouseUrl)
  const { method, url, headers } = incoming
  const onward = request(
    { host: target.hostname, port: target.port, path: url, ...(method === undefined ? {} : { method }), headers },
    (answer) => {
      if (unheard) {
        answer.resume()
        answer.on('end', () => incoming.socket.destroy())
        return
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    },
  )
  incoming.pipe(onward)
}

describe('an insert', () => {
  it.each<[string, Fate[]]>([
    ['never arrived', ['refused', 'refused']],
    ['was stored but not answered', ['unheard', 'unheard']],
    ['found the engine busy', ['busy', 'refused', 'unheard']],
  ])('that %s is tried again and stored once', async (_, fates) => {
    const workspace = analytics.workspace()
    const { store, asked } = await behind([...fates])
    await store.insertEvents([event(workspace, 1), event(workspace, 2)], { token: `${workspace}:0-2` })
    expect(asked()).toBe(fates.length + 1)
    expect(await analytics.store.in(workspace).countEvents()).toBe(2)
  })

  it('gives up with a coded error, and may be tried again with its token', async () => {
    const workspace = analytics.workspace()
    const rows = [event(workspace, 1)]
    const { store } = await behind(['unheard', 'refused', 'refused', 'refused', 'refused', 'refused'])
    await expect(store.insertEvents(rows, { token: workspace })).rejects.toSatisfy(
      (error) => AnalyticsUnreachable.is(error) && error.details.attempts === 6,
    )
    await store.insertEvents(rows, { token: workspace })
    expect(await analytics.store.in(workspace).countEvents()).toBe(1)
  })

  it('stops trying when its signal fires', async () => {
    const workspace = analytics.workspace()
    const { store, asked } = await behind(Array.from({ length: 6 }, () => 'refused'))
    const reason = new Error('shutting down')
    await expect(store.insertEvents([event(workspace, 1)], { token: workspace, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(asked()).toBe(0)
  })
})

describe('a read', () => {
  it('is tried again while nothing of its answer was read', async () => {
    const { store } = await behind(['refused', 'unheard', 'busy'])
    expect(await store.in(analytics.workspace()).countEvents()).toBe(0)
  })

  it('says that the engine is away', async () => {
    const store = openAnalytics({ clickhouseUrl: 'http://127.0.0.1:1/x', clock: tickingClock(), readRetries: quick })
    open.push(store)
    await expect(store.in('w').countEvents()).rejects.toSatisfy(AnalyticsUnreachable.is)
    expect((await store.health()).ok).toBe(false)
  })
})
