import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateCustomers } from './generate-customers.ts'
import type { SegmentMessage } from './message.ts'

const from = new Date('2026-01-01T00:00:00Z')
const to = new Date('2026-05-01T00:00:00Z')

const worlds = fc.record({ seed: fc.integer({ min: 0, max: 1e9 }), people: fc.integer({ min: 0, max: 40 }) })
const few = { numRuns: 15 }

const paidOf = ({ properties }: SegmentMessage): number => Math.round(Number(properties?.revenue) * 100)
const choicesOf = ({ context }: SegmentMessage): unknown => JSON.parse(JSON.stringify(context)).consent.categoryPreferences

describe('generateCustomers', () => {
  it('says the same again for the same seed, and something else for another', () => {
    fc.assert(
      fc.property(worlds, ({ seed, people }) => {
        const first = [...generateCustomers({ seed, people, from, to }).messages()]
        expect([...generateCustomers({ seed, people, from, to }).messages()]).toEqual(first)
        if (first.length > 0) expect([...generateCustomers({ seed: seed + 1, people, from, to }).messages()]).not.toEqual(first)
      }),
      few,
    )
  })

  it('keeps each person as they are when there are more of them', () => {
    const three = [...generateCustomers({ seed: 5, people: 4, from, to }).truth()]
    const many = [...generateCustomers({ seed: 5, people: 30, from, to }).truth()]
    expect(many.filter(({ index }) => index < 4)).toEqual(three)
  })

  it('sends messages in the order of time, within the period, each with an id of its own', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const messages = [...generateCustomers({ ...world, from, to }).messages()]
        const times = messages.map(({ timestamp }) => Date.parse(timestamp))
        expect(times).toEqual([...times].sort((left, right) => left - right))
        for (const time of times) expect(time >= from.getTime() && time < to.getTime()).toBe(true)
        expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(messages.length)
        expect(JSON.parse(JSON.stringify(messages))).toEqual(messages)
      }),
      few,
    )
  })

  it('tells the truth about every member: what the messages say adds up to it', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const customers = generateCustomers({ ...world, from, to })
        const messages = [...customers.messages()]
        const truths = [...customers.truth()]
        expect(truths.reduce((sum, truth) => sum + truth.messages, 0)).toBe(messages.length)
        for (const truth of truths) {
          const own = messages.filter(({ userId }) => userId !== undefined && userId === truth.userId)
          const orders = own.filter(({ event }) => event === 'Order Completed')
          expect(orders.length).toBe(truth.orders)
          expect(orders.reduce((sum, order) => sum + paidOf(order), 0)).toBe(truth.revenueCents)
          expect(orders.at(-1)?.timestamp).toBe(truth.lastOrderAt?.toISOString())
          expect(new Set(own.map(({ anonymousId }) => anonymousId))).toEqual(new Set(truth.anonymousIds))
          if (truth.userId === undefined) continue
          const identify = own.find(({ type }) => type === 'identify')
          expect(identify?.traits).toMatchObject({ email: truth.email, city: truth.city, first_name: truth.firstName })
        }
        expect(messages.filter(({ event, userId }) => event === 'Order Completed' && userId === undefined)).toEqual([])
      }),
      few,
    )
  })

  it('belongs every device to its people', () => {
    const customers = generateCustomers({ seed: 3, people: 400, from, to })
    const owners = new Map<string, Set<number>>()
    const truths = [...customers.truth()]
    for (const { index, anonymousIds, strangerIds } of truths) {
      for (const id of [...anonymousIds, ...strangerIds]) owners.set(id, (owners.get(id) ?? new Set()).add(index))
    }
    const shared = new Set(truths.flatMap(({ sharedIds }) => sharedIds))
    const usedByTwo = [...owners].filter(([, people]) => people.size > 1).map(([id]) => id)
    expect(usedByTwo.length).toBeGreaterThan(0)
    for (const id of usedByTwo) expect(shared.has(id)).toBe(true)
    for (const { anonymousId } of customers.messages()) expect(owners.has(anonymousId)).toBe(true)
  })

  it('ends with the choices that the last message carries', () => {
    const customers = generateCustomers({ seed: 8, people: 300, from, to })
    const last = new Map<string, SegmentMessage>()
    for (const message of customers.messages()) last.set(message.messageId.split('-')[2] ?? '', message)
    let withdrawn = 0
    for (const { index, choices } of customers.truth()) {
      const message = last.get(String(index + 1))
      expect(message === undefined ? undefined : choicesOf(message)).toEqual(choices)
      if (!choices.Email) withdrawn += 1
    }
    expect(withdrawn).toBeGreaterThan(0)
  })

  it('is like a shop: strangers, members, a few who pay for most, things that go together', () => {
    const customers = generateCustomers({ seed: 1, people: 2_000, from: new Date('2026-01-01'), to: new Date('2026-07-01') })
    const truths = [...customers.truth()]
    const share = (count: number): number => count / truths.length
    expect(share(truths.filter(({ userId }) => userId !== undefined).length)).toBeGreaterThan(0.4)
    expect(share(truths.filter(({ orders }) => orders > 0).length)).toBeGreaterThan(0.3)

    const buyers = truths
      .map(({ revenueCents }) => revenueCents)
      .filter((revenue) => revenue > 0)
      .sort((left, right) => right - left)
    const total = buyers.reduce((sum, revenue) => sum + revenue, 0)
    const best = buyers.slice(0, Math.ceil(buyers.length / 5)).reduce((sum, revenue) => sum + revenue, 0)
    expect(best / total).toBeGreaterThan(0.5)

    const bundleOf = new Map(customers.catalogue.bundles.flatMap((bundle, index) => bundle.map((id) => [id, index] as const)))
    let [messages, together, apart] = [0, 0, 0]
    for (const { event, properties } of customers.messages()) {
      messages += 1
      if (event !== 'Order Completed' || !Array.isArray(properties?.products)) continue
      const bundles = properties.products.map((line) => bundleOf.get(JSON.parse(JSON.stringify(line)).product_id))
      const pairs = bundles.flatMap((left, index) => bundles.slice(index + 1).map((right) => left === right))
      together += pairs.filter(Boolean).length
      apart += pairs.filter((isPair) => !isPair).length
    }
    expect(messages).toBeGreaterThan(45_000)
    expect(messages).toBeLessThan(80_000)
    // Of 300 items, two at random are of one bundle in less than one case of a hundred.
    expect(together / (together + apart)).toBeGreaterThan(0.1)
  })

  it('refuses what makes no sense', () => {
    expect(() => generateCustomers({ seed: 1, people: -1, from, to })).toThrow(RangeError)
    expect(() => generateCustomers({ seed: 1, people: 1, from: to, to: from })).toThrow(RangeError)
  })
})
