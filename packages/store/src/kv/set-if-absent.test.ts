import { type EphemeralStores, ephemeralStores } from '@tenon/testing/stores'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStore } from '../open-store.ts'
import type { Store } from '../store.ts'

let stores: EphemeralStores
let store: Store

beforeAll(async () => {
  stores = await ephemeralStores()
  store = openStore({ databaseUrl: stores.databaseUrl, clock: { now: () => new Date() } })
  await store.migrate()
  await store.workspaces.ensure({ id: 'one', name: 'One' })
}, 60_000)

afterAll(async () => {
  await store?.close()
  await stores?.close()
})

it('lets one of several win, for all of them', async () => {
  const { kv } = store.in('one')
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map((value) => kv.setIfAbsent('secret', value)))
  expect(new Set(answers).size).toBe(1)
  expect(await kv.get('secret')).toBe(answers[0])
  expect(await store.in('two').kv.get('secret')).toBeUndefined()
})
