import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeClients } from './clients.ts'
import { type Collector, openCollector } from './collector.ts'
import { networkCases } from './network-case.ts'
import { runCase } from './run-case.ts'

let collector: Collector
beforeAll(async () => {
  collector = await openCollector()
})
afterAll(() => collector.close())

describe.each(nodeClients.map((client) => [client.name, client] as const))('%s', (_name, client) => {
  it.each(networkCases.map((network) => [network.name, network] as const))('%s', async (_case, network) => {
    expect(await runCase(collector, client, network)).toEqual([])
  })
})
