import { openStore } from '@tenon/store'
import { ephemeralStores } from '@tenon/testing/stores'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, expect, it, vi } from 'vitest'
import { createTrackingPlans } from './tracking-plans.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const close of closing.splice(0).reverse()) await close()
})

it('compiles what a plan says once for each of its versions, whatever changes beside it', async () => {
  let now = Date.UTC(2026, 0, 1)
  const clock = { now: () => new Date(now) }
  const stores = await ephemeralStores()
  closing.push(stores.close)
  const store = openStore({ databaseUrl: stores.databaseUrl, clock })
  closing.push(store.close)
  await store.migrate()
  await store.workspaces.ensure({ id: 'main', name: 'Main' })
  const plans = createTrackingPlans({ store, clock })
  const put = async (source: string, property: string, mode = 'flag'): Promise<void> => {
    const properties = { type: 'object', properties: { [property]: { type: 'number' } } }
    const definition = { sources: [source], mode, events: [{ name: 'Order', properties }] }
    expect(await plans.put('main', { key: source, label: { en: source }, definition })).toMatchObject({ ok: true })
  }
  const compile = vi.spyOn(Ajv2020.prototype, 'compile')
  const compilations = (property: string): number =>
    compile.mock.calls.filter(([schema]) => JSON.stringify(schema).includes(`"${property}"`)).length
  /** As ingest does it, after the time for which plans are believed to be as they were. */
  const batch = async (source: string, property: string): Promise<void> => {
    now += 2_000
    const check = (await plans.of('main'))?.(source)
    const texts = { properties: `{"${property}":"x"}`, traits: '{}', context: '{}', groupTraits: '{}' }
    for (const _ of [1, 2]) expect(check?.({ type: 'track', name: 'Order', texts })).toMatchObject({ violations: [{ rule: 'type' }] })
  }

  await put('web', 'total')
  await put('app', 'weight')
  await batch('web', 'total')
  const first = compilations('total')
  expect(first).toBeGreaterThan(0)
  await batch('web', 'total')
  await put('app', 'size')
  await batch('app', 'size')
  await batch('web', 'total')
  expect(compilations('total')).toBe(first)
  await put('web', 'total', 'allow')
  await batch('web', 'total')
  expect(compilations('total')).toBeGreaterThan(first)
})
