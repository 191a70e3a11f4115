import { expect, it } from 'vitest'
import { createTraffic } from './traffic.ts'

const read = (text: string): readonly { readonly type: string; readonly messageId: string; readonly userId?: string }[] =>
  JSON.parse(text).batch
const ids = (traffic: ReturnType<typeof createTraffic>) =>
  read(traffic.batch(500)).map(({ messageId, userId, type }) => [messageId, userId, type])

it('sends the same events for the same seed, each with a message id of its own', () => {
  const order = { seed: 1, people: 1_000 }
  expect(ids(createTraffic(order))).toEqual(ids(createTraffic(order)))
  expect(ids(createTraffic(order))).not.toEqual(ids(createTraffic({ ...order, seed: 2 })))
  const traffic = createTraffic(order)
  expect(new Set([...ids(traffic), ...ids(traffic)].map(([messageId]) => messageId)).size).toBe(1_000)
})

it('has events of the size that the figures are about, a tenth of them identify', () => {
  const text = createTraffic({ seed: 1, people: 1_000 }).batch(2_000)
  expect(text.length / 2_000).toBeGreaterThan(650)
  expect(text.length / 2_000).toBeLessThan(770)
  const identifies = read(text).filter(({ type }) => type === 'identify').length
  expect(identifies / 2_000).toBeGreaterThan(0.07)
  expect(identifies / 2_000).toBeLessThan(0.13)
})

it('is of a few people most of the time', () => {
  const counts = Map.groupBy(read(createTraffic({ seed: 1, people: 100_000 }).batch(5_000)), ({ userId }) => userId)
  expect(counts.size).toBeLessThan(3_000)
  expect(counts.size).toBeGreaterThan(300)
})

it('is of everybody in turn where that is asked for', () => {
  const events = read(createTraffic({ seed: 1, people: 300, inTurn: true }).batch(600))
  expect(events.every(({ type }) => type === 'identify')).toBe(true)
  expect([...Map.groupBy(events, ({ userId }) => userId).values()].map((of) => of.length)).toEqual(Array(300).fill(2))
})
