import { expect } from 'vitest'
import type { IngestStats } from './worker/progress.ts'
import type { World } from './world.fixture.ts'

export const workspace = 'shop'

/** What the senders know: parts that were acknowledged, and parts that they ever let go of. */
export interface Sent {
  acknowledged: number
  sent: number
  /** Failed events that were put on the log once more and may not be settled yet. */
  replaying: number
}

/** What the engine has, counted there. */
export async function countEngine(world: World): Promise<{ readonly stored: number; readonly failed: number }> {
  const read = world.analytics.in(workspace)
  const stored = await read.countEvents()
  const groups = await read.countFailedEvents({})
  const failed = groups.reduce((sum, { state, events }) => (state === 'open' || state === 'dropped' ? sum + events : sum), 0)
  return { stored, failed }
}

/**
 * What is counted may be neither less than what the sender was promised nor more than it sent; what is counted as stored or failed is in
 * the engine, and what is in the engine is counted so or still waits. False where nobody could say what is counted now.
 */
export async function look(world: World, measure: () => Promise<IngestStats | undefined>, senders: Sent): Promise<boolean> {
  const before = await countEngine(world)
  const { acknowledged } = senders
  const stats = await measure()
  if (stats === undefined) return false
  const { received, stored, duplicate, failed, dropped, inLog } = stats
  const after = await countEngine(world)
  const { sent, replaying } = senders
  expect({ sum: stored + duplicate + failed + dropped + inLog, isThere: inLog >= 0 }).toEqual({ sum: received, isThere: true })
  expect(received).toBeGreaterThanOrEqual(acknowledged)
  expect(received).toBeLessThanOrEqual(sent)
  expect(stored).toBeLessThanOrEqual(after.stored)
  expect(before.stored).toBeLessThanOrEqual(stored + inLog + replaying)
  expect(failed + dropped).toBeLessThanOrEqual(after.failed + replaying)
  expect(before.failed).toBeLessThanOrEqual(failed + dropped + inLog + replaying)
  expect(before.stored + before.failed + duplicate).toBeLessThanOrEqual(received + replaying)
  return true
}

/** Somebody who looks again and again, until he is told to stop. */
export interface Watch {
  /** Resolves once a look is over that began after this call, and throws what was wrong first. */
  again(): Promise<void>
  /** How often something was seen; throws what was wrong first. */
  stop(): Promise<number>
}

export function keepLooking(once: () => Promise<boolean>): Watch {
  const waiting = new Set<{ readonly rounds: number; readonly done: () => void }>()
  let isOver = false
  let rounds = 0
  let seen = 0
  const looking = (async () => {
    do {
      if (await once()) seen += 1
      rounds += 1
      for (const one of waiting) if (one.rounds <= rounds && waiting.delete(one)) one.done()
    } while (!isOver)
  })()
  looking.catch(() => undefined)
  return {
    again: () => Promise.race([looking, new Promise<void>((done) => void waiting.add({ rounds: rounds + 2, done }))]),
    async stop() {
      isOver = true
      await looking
      return seen
    },
  }
}
