import { skipReason } from '@tenon/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { behindRedirect, lostBehind, type Redirected } from './behind-a-redirect.ts'
import { findChromium, openBrowser, type TestBrowser } from './browser/open-browser.ts'
import { browserClients } from './clients.ts'
import { type Collector, openCollector } from './collector.ts'
import { networkCases } from './network-case.ts'
import { runCase } from './run-case.ts'
import type { TrackingClient } from './tracking-client.ts'

const REDIRECTS = [301, 302, 308]
const executable = await findChromium()
const missing = skipReason({
  suite: 'every client in a browser',
  found: executable,
  reason: 'no chromium is on the path, and TENON_CHROMIUM names none',
})

/** What the client would do later, or thinks of it, ends with its page. */
const onTheWay = ({ methods, carried, isStored }: Redirected) => ({ methods, carried, isStored })

describe.skipIf(missing !== undefined)(`in a browser${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let collector: Collector
  let browser: TestBrowser
  beforeAll(async () => {
    ;[collector, browser] = await Promise.all([openCollector(), openBrowser(executable ?? '')])
  })
  afterAll(() => Promise.all([collector.close(), browser.close()]))

  function clientOf(name: string): TrackingClient {
    const client = browserClients(browser).find((each) => each.name === name)
    if (client === undefined) throw new Error(`no client ${name}`)
    return client
  }

  // Names must be known before the browser runs.
  const names = browserClients({ open: () => Promise.reject(new Error('not open')), close: async () => {} }).map(({ name }) => name)
  describe.each(names)('%s', (name) => {
    it.each(networkCases.map((network) => [network.name, network] as const))('%s', { timeout: 60_000 }, async (_case, network) => {
      expect(await runCase(collector, clientOf(name), network)).toEqual([])
    })

    it('loses its events behind a redirect of somebody else', { timeout: 60_000 }, async () => {
      const client = clientOf(name)
      const outcomes = await Promise.all(REDIRECTS.map((status) => behindRedirect(collector, client, status)))
      expect(outcomes.map(onTheWay)).toEqual(REDIRECTS.map((status) => onTheWay(lostBehind(client, status))))
    })
  })
})
