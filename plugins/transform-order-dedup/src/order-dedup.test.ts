import type { Properties } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderDedupConfig } from './config.ts'
import { eventWith } from './event.fixture.ts'
import { orderDedup } from './order-dedup.ts'

const asked = { workspace: 'shop', purpose: 'collect', signal: new AbortController().signal }

async function reportOf(properties: Properties, { name, config = {} }: { name?: string; config?: object } = {}) {
  const [outcome] = await orderDedup(orderDedupConfig.parse(config)).transform({ events: [eventWith(properties, name)] }, asked)
  return outcome?.kind === 'kept' ? outcome.reports : outcome
}

describe('a report', () => {
  it('is the same however systems write the number of the order', async () => {
    const first = await reportOf({ order_id: '17' })
    expect(first).toBe('order completed ["17"]')
    expect(await reportOf({ order_id: 17 })).toBe(first)
    expect(await reportOf({ orderId: ' 17 ', revenue: 3 })).toBe(first)
    expect(await reportOf({ order_id: null, orderId: '17' })).toBe(first)
    expect(await reportOf({ order_id: '18' })).not.toBe(first)
  })

  it.each<[string, Properties]>([
    ['no number', {}],
    ['an empty one', { order_id: ' ' }],
    ['a broken one', { order_id: 1.5 }],
    ['one beyond what numbers can tell apart', { order_id: 2 ** 53 }],
    ['something else', { order_id: ['17'] }],
  ])('is not made of %s', async (_what, properties) => {
    expect(await reportOf(properties)).toBeUndefined()
  })

  it('is made of the events that are named, by what they report', async () => {
    const config = {
      occurrences: [
        { as: 'paid', events: ['Order Completed', 'Order Paid'], id: ['order_id'] },
        { as: 'cancelled', events: ['Order Cancelled'], id: ['order_id'] },
      ],
    }
    const paid = await reportOf({ order_id: '17' }, { config })
    expect(paid).toBe('paid ["17"]')
    expect(await reportOf({ order_id: '17' }, { config, name: 'Order Paid' })).toBe(paid)
    expect(await reportOf({ order_id: '17' }, { config, name: 'Order Cancelled' })).toBe('cancelled ["17"]')
    expect(await reportOf({ order_id: '17' }, { config, name: 'Order Refunded' })).toBeUndefined()
  })

  it('has the shop in it where numbers are unique within a shop, and no shop is no report', async () => {
    const config = { occurrences: [{ as: 'paid', events: ['Order Completed'], within: ['shop'] }] }
    const here = await reportOf({ order_id: '17', shop: 'lyon' }, { config })
    expect(await reportOf({ order_id: '17', shop: 'nice' }, { config })).not.toBe(here)
    expect(await reportOf({ order_id: '17' }, { config })).toBeUndefined()
  })

  it('tells apart whatever differs, and is short whatever is long', async () => {
    const config = orderDedupConfig.parse({ occurrences: [{ as: 'paid', events: ['Order Completed'], within: ['shop'] }] })
    const text = fc.string({ maxLength: 400 }).filter((value) => value.trim() !== '')
    await fc.assert(
      fc.asyncProperty(fc.tuple(text, text), fc.tuple(text, text), async (left, right) => {
        const events = [left, right].map(([order_id, shop]) => eventWith({ order_id, shop }))
        const reports = (await orderDedup(config).transform({ events }, asked)).map((outcome) => outcome.kind === 'kept' && outcome.reports)
        for (const report of reports) expect(String(report).length).toBeLessThanOrEqual(512)
        const isSame = left.every((value, at) => value.trim() === right[at]?.trim())
        expect(reports[0] === reports[1]).toBe(isSame)
      }),
    )
  })
})

it('believes those sources that it is told to, and tracked events alone', async () => {
  const order = eventWith({ order_id: '17' })
  const reports = async (event: typeof order, config = {}) => {
    const [outcome] = await orderDedup(orderDedupConfig.parse(config)).transform({ events: [event] }, asked)
    return outcome?.kind === 'kept' && outcome.reports !== undefined
  }
  expect(await reports({ ...order, type: 'page' })).toBe(false)
  expect(await reports(order, { sources: ['web'] })).toBe(true)
  expect(await reports(order, { sources: ['shop', 'import:orders'] })).toBe(false)
  expect(await reports({ ...order, source: 'import:orders' }, { sources: ['shop', 'import:orders'] })).toBe(true)
})

it('takes no event that would report two occurrences', () => {
  const two = [
    { as: 'paid', events: ['Order Completed'] },
    { as: 'done', events: ['Order Completed'] },
  ]
  expect(orderDedupConfig.safeParse({ occurrences: two }).error?.issues[0]?.message).toBe(
    "'Order Completed' reports another occurrence already",
  )
})
