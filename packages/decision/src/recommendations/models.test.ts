import { openAnalytics } from '@tenon/analytics'
import { noMeter, type Recommender } from '@tenon/kernel/contracts'
import { openStore, type Store } from '@tenon/store'
import { ephemeralStores } from '@tenon/testing/stores'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createModels } from './models.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const workspace = 'shop'
let now = Date.parse('2026-05-01T00:00:00Z')
const clock = { now: () => new Date(now) }
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

let store: Store
let analytics: Awaited<ReturnType<typeof openAnalytics>>
let close: () => Promise<void>
beforeAll(async () => {
  const stores = await ephemeralStores()
  store = openStore({ databaseUrl: stores.databaseUrl, clock, logger: silent })
  await store.migrate()
  await store.workspaces.ensure({ id: workspace, name: 'Shop' })
  analytics = openAnalytics({ clickhouseUrl: stores.clickhouseUrl, clock })
  close = async () => {
    await analytics.close()
    await store.close()
    await stores.close()
  }
})
afterAll(() => close())

/** A recommender that wants to learn each minute, and takes so long. */
function station(instance: string, takesMs: () => number) {
  const recommender: Recommender = {
    uses: [],
    training: { every: '1m' },
    async train() {
      now += Math.abs(takesMs())
      if (takesMs() < 0) throw new Error('nothing learned')
      return { model: new Uint8Array(1), parameters: {} }
    },
    load: async () => ({ memoryBytes: 1, recommend: () => [] }),
  }
  const gate = { population: async () => ({ default: true, exceptions: [] }) }
  const recommenders = new Map([[instance, recommender]])
  const models = createModels({ store, analytics, gate, recommenders, clock, logger: silent, meter: noMeter, elapsed: () => now })
  const { signal } = new AbortController()
  const train = async (everything = false) => (await models.train({ workspace, everything, signal })).map(({ outcome }) => outcome)
  return { train }
}

it('trains as often as the recommender asks', async () => {
  const { train } = station('quick', () => 5_000)
  expect(await train()).toEqual(['trained'])
  expect(await train()).toEqual(['fresh'])
  now += MINUTE - 5_001
  expect(await train()).toEqual(['fresh'])
  now += 1
  expect(await train()).toEqual(['trained'])
})

it('is busy with one recommender for a tenth of the time at the most, also where its training fails', async () => {
  let takesMs = 30_000
  const { train } = station('slow', () => takesMs)
  for (const sign of [1, -1]) {
    takesMs = sign * 30_000
    const began = now
    await train(true)
    now = began + 5 * MINUTE - 1
    expect(await train()).toEqual(['fresh'])
    now += 1
    takesMs = 1_000
    expect(await train()).toEqual(['trained'])
  }
  // A night of training is no reason to rest for a week.
  takesMs = -100 * HOUR
  expect(await train(true)).toEqual(['failed'])
  now += HOUR - 1
  expect(await train()).toEqual(['fresh'])
  now += 1
  takesMs = 1_000
  expect(await train()).toEqual(['trained'])
  // Who asks for it does not wait.
  takesMs = 30_000
  await train(true)
  expect(await train(true)).toEqual(['trained'])
})
