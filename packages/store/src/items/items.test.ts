import type { Item } from '@tenon/kernel/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect, openTestStore, type TestStore } from '../test-store.fixture.ts'

let test: TestStore
let workspaces = 0
const fresh = () => test.store.in(`items-${++workspaces}`)

beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

const item = (id: string, over: Partial<Item> = {}): Item => ({
  id,
  title: `Item ${id}`,
  categories: ['home', 'lamps'],
  available: true,
  attributes: { colour: 'red' },
  ...over,
})

describe('items', () => {
  it('gives back what was put, and moves the version only with a change', async () => {
    const { items } = fresh()
    const full = item('a', { price: 12.99, product: 'p', createdAt: new Date('2026-01-02T03:04:05.678Z') })
    expect(await items.version()).toBe(0)
    expect(await items.put([item('b'), full])).toBe(2)
    expect(await items.version()).toBe(1)
    expect(await items.put([item('b'), full])).toBe(0)
    expect(await items.version()).toBe(1)
    expect(await items.put([item('b', { available: false }), full])).toBe(1)
    expect(await items.version()).toBe(2)
    expect(await items.get(['a', 'none', '\0'])).toEqual([full])
    expect(await items.get([])).toEqual([])
    expect(await items.count()).toBe(2)
  })

  it('takes the last of two with one id, and any text', async () => {
    const { items } = fresh()
    const hostile = item('a', { title: `"{}',\\ \0 \ud800`, categories: ['{,}', '"', 'null', ''], attributes: { 'k\0': ['\udfff'] } })
    expect(await items.put([item('a'), hostile])).toBe(1)
    expect(await items.get(['a'])).toEqual([{ ...hostile, title: `"{}',\\ \ufffd \ufffd`, attributes: { 'k\ufffd': ['\ufffd'] } }])
    await expect(items.put([item('x'.repeat(513))])).rejects.toMatchObject({ code: 'TENON_STORE_KEY_REFUSED' })
  })

  it('walks a catalogue of several pages once', async () => {
    const { items } = fresh()
    const ids = Array.from({ length: 2001 }, (_, place) => `item-${String(place).padStart(5, '0')}`)
    await items.put(ids.map((id) => item(id)))
    const pages = await collect(items.all())
    expect(pages.length).toBeGreaterThan(2)
    expect(new Set(pages.flat().map(({ id }) => id))).toEqual(new Set(ids))
    expect(await collect(fresh().items.all())).toEqual([])
  })

  it('takes two puts of the same items at once', async () => {
    const { items } = fresh()
    const many = Array.from({ length: 300 }, (_, place) => item(`${place}`))
    await Promise.all([items.put(many), items.put(many.toReversed().map((each) => ({ ...each, title: 'other' })))])
    expect(await items.count()).toBe(300)
  })
})
