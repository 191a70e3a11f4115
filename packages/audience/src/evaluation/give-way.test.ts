import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createGiveWay } from './give-way.ts'

const { signal } = new AbortController()
const LONG_MS = 60_000

/** Whether a portion begins within a moment. */
async function begins(run: Promise<unknown>): Promise<boolean> {
  return Promise.race([run.then(() => true), pause(400, false)])
}

describe('a portion of an evaluation', () => {
  it('begins at once as long as storing is not behind', async () => {
    const way = createGiveWay({ rest: LONG_MS })
    way.stored(1_999)
    await way.portion(() => pause(5), signal)
    expect(await begins(way.portion(async () => undefined, signal))).toBe(true)
  })

  it('waits while storing is behind, and goes on once it is not', async () => {
    const way = createGiveWay({ rest: LONG_MS, heardMs: LONG_MS })
    way.stored(2_001)
    expect(await begins(way.portion(() => pause(5), signal))).toBe(true)
    const next = way.portion(async () => 'done', signal)
    expect(await begins(next)).toBe(false)
    way.stored(10)
    expect(await next).toBe('done')
  })

  it('waits for some times as long as the last one took, also where that failed', async () => {
    const way = createGiveWay({ rest: 4, heardMs: LONG_MS })
    way.stored(LONG_MS)
    const failed = way.portion(async () => {
      await pause(100)
      throw new Error('no engine')
    }, signal)
    await expect(failed).rejects.toThrow('no engine')
    const began = performance.now()
    await way.portion(async () => undefined, signal)
    expect(performance.now() - began).toBeGreaterThan(350)
  })

  it('is not held up by somebody who stores nothing any more, nor by one that ends', async () => {
    const way = createGiveWay({ rest: LONG_MS, heardMs: 100 })
    way.stored(LONG_MS)
    await way.portion(() => pause(5), signal)
    expect(await begins(way.portion(() => pause(5), signal))).toBe(true)

    const patient = createGiveWay({ rest: LONG_MS, heardMs: LONG_MS })
    patient.stored(LONG_MS)
    await patient.portion(() => pause(5), signal)
    const ending = new AbortController()
    const last = patient.portion(async () => ending.signal.aborted, ending.signal)
    ending.abort()
    expect(await last).toBe(true)
  })
})
