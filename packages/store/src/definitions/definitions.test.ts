import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'

let test: TestStore
let workspaces = 0
const fresh = () => test.store.in(`definitions-${++workspaces}`)

beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

const label = { en: 'VIP', zh: '贵宾' }
const vip = (definition: { readonly spent: number; readonly note?: string }) => ({ key: 'vip', kind: 'rules', label, definition })

describe('definitions', () => {
  it('counts versions, keeps all of them, and makes none when nothing changes', async () => {
    const { segments, tags } = fresh().definitions
    expect(await segments.get('vip')).toBeUndefined()
    expect(await segments.put(vip({ spent: 100 }))).toMatchObject({ ok: true, changed: true, definition: { version: 1 } })
    expect(await segments.put(vip({ spent: 100 }))).toMatchObject({ ok: true, changed: false, definition: { version: 1 } })
    expect(await segments.put(vip({ spent: 200, note: 'a\0b' }))).toMatchObject({ definition: { version: 2, label } })
    expect(await segments.put(vip({ spent: 200, note: 'a\0b' }))).toMatchObject({ changed: false })
    expect((await segments.history('vip')).map(({ version, definition }) => [version, definition.spent])).toEqual([
      [2, 200],
      [1, 100],
    ])
    expect(await tags.get('vip')).toBeUndefined()
  })

  it('retires and takes back into use', async () => {
    const { tags } = fresh().definitions
    await tags.put(vip({ spent: 1 }))
    expect(await tags.retire('vip')).toBe(true)
    expect(await tags.retire('vip')).toBe(false)
    expect(await tags.list()).toEqual([])
    expect((await tags.get('vip'))?.retiredAt).toEqual(test.clock.now())
    expect(await tags.put(vip({ spent: 1 }))).toMatchObject({ changed: true, definition: { version: 3 } })
    expect(await tags.list()).toMatchObject([{ key: 'vip', version: 3 }])
    expect((await tags.history('vip')).map(({ retired }) => retired)).toEqual([false, true, false])
  })

  it('lets one of two writers win', async () => {
    const { segments } = fresh().definitions
    const first = await Promise.all([1, 2, 3].map((spent) => segments.put({ ...vip({ spent }), ifVersion: 0 })))
    expect(first.filter(({ ok }) => ok)).toHaveLength(1)
    expect(first.filter(({ ok }) => !ok)).toEqual([
      { ok: false, current: 1 },
      { ok: false, current: 1 },
    ])
    expect(await segments.put({ ...vip({ spent: 9 }), ifVersion: 1 })).toMatchObject({ ok: true, definition: { version: 2 } })
    await Promise.all([11, 12, 13, 14].map((spent) => segments.put(vip({ spent }))))
    expect((await segments.history('vip')).map(({ version }) => version)).toEqual([6, 5, 4, 3, 2, 1])
  })

  it('refuses keys that it would have to change', async () => {
    const { segments } = fresh().definitions
    for (const key of ['', 'a\0', 'x'.repeat(513)]) {
      await expect(segments.put({ ...vip({ spent: 1 }), key })).rejects.toMatchObject({ code: 'TENON_STORE_KEY_REFUSED' })
      expect(await segments.get(key)).toBeUndefined()
    }
  })
})
