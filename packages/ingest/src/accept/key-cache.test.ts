import { describe, expect, it } from 'vitest'
import { cacheKeys, type FindKey, type KeyHolder } from './key-cache.ts'

const holder: KeyHolder = { workspace: 'shop', kind: 'write', source: 'web' }

function setUp(first: FindKey) {
  const state = { now: 0, find: first, asked: 0 }
  const clock = { now: () => new Date(state.now) }
  const keys = cacheKeys((secret) => {
    state.asked += 1
    return state.find(secret)
  }, clock)
  return { state, keys }
}

describe('remembered keys', () => {
  it('are asked for once, also by many at a time', async () => {
    const { state, keys } = setUp(async () => holder)
    expect(await Promise.all(Array.from({ length: 50 }, () => keys('k')))).toEqual(Array.from({ length: 50 }, () => holder))
    expect(state.asked).toBe(1)
  })

  it('stay good while the store is away', async () => {
    const { state, keys } = setUp(async () => holder)
    await keys('k')
    state.find = async () => {
      throw new Error('away')
    }
    for (const minutes of [1, 5, 30, 600]) {
      state.now = minutes * 60_000
      expect(await keys('k')).toBe(holder)
    }
    await expect(keys('never seen')).rejects.toThrow('away')
  })

  it('end soon after they were revoked', async () => {
    const { state, keys } = setUp(async () => holder)
    await keys('k')
    state.find = async () => undefined
    state.now = 29_000
    expect(await keys('k')).toBe(holder)
    state.now = 31_000
    await keys('k')
    expect(await keys('k')).toBeUndefined()
  })

  it('are asked for anew after a long time, before they open anything', async () => {
    const { state, keys } = setUp(async () => holder)
    await keys('k')
    state.find = async () => undefined
    state.now = 3_600_000
    expect(await keys('k')).toBeUndefined()
  })

  it('that are unknown are asked for again soon', async () => {
    const { state, keys } = setUp(async () => undefined)
    expect(await keys('k')).toBeUndefined()
    state.find = async () => holder
    state.now = 2_001
    expect(await keys('k')).toBe(holder)
  })
})
