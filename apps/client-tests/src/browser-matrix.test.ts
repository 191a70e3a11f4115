import { skipReason } from '@tenon/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, openBrowser, type TestBrowser } from './browser/open-browser.ts'
import { browserClients } from './clients.ts'
import { type Collector, openCollector } from './collector.ts'
import { networkCases } from './network-case.ts'
import { runCase } from './run-case.ts'

const executable = await findChromium()
const missing = skipReason({
  suite: 'every client in a browser',
  found: executable,
  reason: 'no chromium is on the path, and TENON_CHROMIUM names none',
})

describe.skipIf(missing !== undefined)(`in a browser${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let collector: Collector
  let browser: TestBrowser
  beforeAll(async () => {
    ;[collector, browser] = await Promise.all([openCollector(), openBrowser(executable ?? '')])
  })
  afterAll(() => Promise.all([collector.close(), browser.close()]))

  // Names must be known before the browser runs.
  const names = browserClients({ open: () => Promise.reject(new Error('not open')), close: async () => {} }).map(({ name }) => name)
  describe.each(names)('%s', (name) => {
    it.each(networkCases.map((network) => [network.name, network] as const))('%s', { timeout: 60_000 }, async (_case, network) => {
      const client = browserClients(browser).find((each) => each.name === name)
      if (client === undefined) throw new Error(`no client ${name}`)
      expect(await runCase(collector, client, network)).toEqual([])
    })
  })
})
