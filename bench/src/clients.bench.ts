import {
  browserClients,
  findChromium,
  networkCases,
  nodeClients,
  openBrowser,
  openCollector,
  runCase,
  type TrackingClient,
} from '@tenon/client-tests'
import type { Bench } from './bench.ts'

/** The matrix of the client tests, as a figure: every client through every network. */
export const bench: Bench = {
  summary: 'play every real client library through good and bad networks against a running server',
  zero: ['failed'],
  async run({ smoke, log }) {
    const chromium = await findChromium()
    if (chromium === undefined) log('no chromium on the path, and TENON_CHROMIUM names none: the libraries for browsers are left out')
    const collector = await openCollector()
    const browser = chromium === undefined || smoke ? undefined : await openBrowser(chromium)
    try {
      const clients: readonly TrackingClient[] = [
        ...(smoke ? nodeClients.slice(0, 1) : nodeClients),
        ...(browser === undefined ? [] : browserClients(browser)),
      ]
      const networks = smoke ? networkCases.slice(0, 1) : networkCases
      let failed = 0
      for (const client of clients) {
        for (const network of networks) {
          const faults = await runCase(collector, client, network)
          log(`${faults.length === 0 ? 'ok    ' : 'FAILED'} ${client.name}: ${network.name}`)
          for (const fault of faults) log(`         ${fault}`)
          if (faults.length > 0) failed += 1
        }
      }
      // A library that sends in several ways goes through all of them.
      const libraries = new Set(clients.map(({ name }) => name.replace(/ \(.*/, '')))
      return [{ bench: 'clients', clients: libraries.size, ways: clients.length, cases: clients.length * networks.length, failed }]
    } finally {
      await browser?.close()
      await collector.close()
    }
  },
}
