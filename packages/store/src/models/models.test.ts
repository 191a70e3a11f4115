import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'

let test: TestStore

beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

const model = (version: string, day: number) => ({
  kind: 'recommender' as const,
  key: 'covisit',
  version,
  model: Uint8Array.from([0, 255, day]),
  quality: { recall: 0.5 },
  trainedAt: new Date(Date.UTC(2026, 0, day)),
})

describe('models', () => {
  it('gives the one that was trained last and keeps five', async () => {
    const { models } = test.store.in('models')
    expect(await models.latest('recommender', 'covisit')).toBeUndefined()
    for (const day of [1, 2, 3, 4, 5, 6, 7]) await models.put(model(`v${day}`, day))
    await models.put(model('old', 2))
    const latest = await models.latest('recommender', 'covisit')
    expect(latest).toMatchObject({ version: 'v7', quality: { recall: 0.5 } })
    expect([...(latest?.model ?? [])]).toEqual([0, 255, 7])
    await models.put({ ...model('v7', 7), model: Uint8Array.from([1]) })
    expect([...((await models.latest('recommender', 'covisit'))?.model ?? [])]).toEqual([1])
    expect(await models.latest('tag', 'covisit')).toBeUndefined()
    expect(await test.store.in('other').models.latest('recommender', 'covisit')).toBeUndefined()
  })
})

describe('key values', () => {
  it('sets, replaces and deletes', async () => {
    const { kv } = test.store.in('kv')
    expect(await kv.get('cursor')).toBeUndefined()
    await kv.set('cursor', { batch: 1 })
    await kv.set('cursor', [1, null, 'x'])
    expect(await kv.get('cursor')).toEqual([1, null, 'x'])
    await kv.set('none', null)
    expect(await kv.get('none')).toBeNull()
    await kv.delete('cursor')
    expect(await kv.get('cursor')).toBeUndefined()
    expect(await test.store.in('kv-2').kv.get('none')).toBeUndefined()
  })
})
