import type { Item, Properties } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics, token } from '../analytics.fixture.ts'
import { AnalyticsRequestInvalid } from '../errors.ts'
import type { StoredEvent } from '../writer/event-format.ts'
import { referenceInteractions, referencePairs, referencePopularity, referenceSessions } from './reference.fixture.ts'

const analytics = migratedAnalytics()
const NOW = Date.UTC(2026, 2, 1)
const asOf = new Date(NOW)
const MINUTE = 60_000

async function* noItems(): AsyncGenerator<readonly Item[]> {}

const item = fc.constantFrom('a', 'b', 'c', "d'\\", '7')
const properties: fc.Arbitrary<Properties> = fc.oneof(
  item.map((product_id): Properties => ({ product_id })),
  fc.constant<Properties>({ product_id: 7 }),
  fc.constant<Properties>({ product_id: null, sku: 'a' }),
  fc.constant<Properties>({ query: 'a' }),
  fc
    .array(item, { maxLength: 4 })
    .map((ids): Properties => ({ products: [...ids.map((product_id) => ({ product_id, quantity: 3 })), { sku: 'b' }, 'junk', {}] })),
)
const history = fc.array(
  fc.record({
    profile: fc.nat(4),
    name: fc.constantFrom('Product Viewed', 'Order Completed', 'Order Refunded', 'Other'),
    minutesAgo: fc.oneof(fc.integer({ min: -5, max: 200 }), fc.integer({ min: 0, max: 60 * 24 * 40 })),
    properties,
  }),
  { maxLength: 40 },
)
const scope = fc.record(
  {
    kinds: fc.constant({
      'Product Viewed': { weight: 1, halfLifeDays: 7 },
      'Order Completed': { weight: 5 },
      'Order Refunded': { weight: -2, halfLifeDays: 30 },
    }),
    within: fc.constantFrom('30d', '90m'),
  },
  { requiredKeys: ['kinds'] },
)

type History = typeof history extends fc.Arbitrary<infer Generated> ? Generated : never

async function stored(generated: History): Promise<{ workspace: string; events: readonly StoredEvent[] }> {
  const workspace = analytics.workspace()
  const merged = new Map([[3, 4]])
  const rows = generated.map(({ minutesAgo, ...says }) =>
    event(workspace, says.profile, { ...says, timestamp: new Date(NOW - minutesAgo * MINUTE) }),
  )
  await analytics.store.insertEvents(rows, { token: token() })
  await analytics.store.insertOverrides([...merged].map(([old, into]) => ({ workspace, old, into, version: 1 })))
  return { workspace, events: rows.map((row) => ({ ...row, profile: merged.get(row.profile) ?? row.profile })) }
}

async function collected<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(...page)
  return all
}

const near = (left: number, right: number): boolean => Math.abs(left - right) <= 1e-5 * Math.max(1, Math.abs(left), Math.abs(right))

describe('interactions', () => {
  it(
    'agree with the reference over generated histories',
    () =>
      fc.assert(
        fc.asyncProperty(
          history,
          scope,
          fc.record({ gapMinutes: fc.constantFrom(5, 30), cap: fc.integer({ min: 2, max: 4 }), minPeople: fc.integer({ min: 1, max: 2 }) }),
          fc.option(fc.record({ default: fc.boolean(), exceptions: fc.subarray([1, 2, 4]) }), { nil: undefined }),
          async (generated, asked, shape, population) => {
            const { workspace, events } = await stored(generated)
            const allowed = events.filter(
              ({ profile }) => population === undefined || population.exceptions.includes(profile) !== population.default,
            )
            const expected = referenceInteractions(allowed, { ...asked, asOf })
            const read = analytics.store.in(workspace).interactions({ items: noItems, ...(population === undefined ? {} : { population }) })

            const popular = await read.popularity({ ...asked, asOf, limit: 100 })
            const reference = new Map(referencePopularity(expected).map((row) => [row.item, row]))
            expect(new Set(popular.map((row) => row.item))).toEqual(new Set(reference.keys()))
            for (const row of popular) {
              expect(row.people).toBe(reference.get(row.item)?.people)
              expect(near(row.weight, reference.get(row.item)?.weight ?? Number.NaN)).toBe(true)
            }
            expect(popular.every((row, place) => place === 0 || row.weight <= (popular[place - 1]?.weight ?? 0))).toBe(true)

            const sessions = await collected(read.sessions({ ...asked, asOf, gapMinutes: shape.gapMinutes }))
            const expectedSessions = referenceSessions(expected, shape.gapMinutes * MINUTE)
            expect(sessions.map((session) => session.map(({ item: id, kind, at }) => [id, kind, at.getTime()]))).toEqual(
              expectedSessions.map((session) => session.map(({ item: id, kind, at }) => [id, kind, at])),
            )
            expect(sessions.flat().every(({ weight }, place) => near(weight, expectedSessions.flat()[place]?.weight ?? Number.NaN))).toBe(
              true,
            )

            const pairs = await collected(read.pairs({ ...asked, asOf, ...shape, perItem: 100 }))
            const expectedPairs = [...referencePairs(expected, shape.gapMinutes * MINUTE, shape.cap)].filter(
              ([, { people }]) => people.size >= shape.minPeople,
            )
            expect(pairs.map(({ left, right }) => `${left}|${right}`).sort()).toEqual(expectedPairs.map(([pair]) => pair).sort())
            for (const [pair, { weight, people }] of expectedPairs) {
              const found = pairs.find(({ left, right }) => `${left}|${right}` === pair)
              expect(found?.people).toBe(people.size)
              expect(near(found?.weight ?? Number.NaN, weight)).toBe(true)
            }

            const matrix = await read.matrix({ ...asked, asOf })
            const cells = new Map<string, number>()
            for (const { profile, item: id, weight } of expected)
              cells.set(`${profile}|${id}`, (cells.get(`${profile}|${id}`) ?? 0) + weight)
            const found = new Map<string, number>()
            matrix.profiles.forEach((profile, row) => {
              for (let cell = matrix.rows[row] ?? 0; cell < (matrix.rows[row + 1] ?? 0); cell++) {
                found.set(`${profile}|${matrix.items[matrix.columns[cell] ?? -1]}`, matrix.weights[cell] ?? Number.NaN)
              }
            })
            expect(new Set(found.keys())).toEqual(new Set(cells.keys()))
            for (const [cell, weight] of cells) expect(near(found.get(cell) ?? Number.NaN, weight)).toBe(true)
            expect(matrix.items).toEqual([...new Set(expected.map(({ item: id }) => id))].sort())
          },
        ),
        { numRuns: 15 },
      ),
    120_000,
  )

  it('keep the best pairs of each item', async () => {
    const workspace = analytics.workspace()
    const together = (profile: number, ...ids: string[]) =>
      event(workspace, profile, { timestamp: asOf, properties: { products: ids.map((product_id) => ({ product_id })) } })
    await analytics.store.insertEvents([together(1, 'a', 'b'), together(2, 'a', 'b'), together(3, 'a', 'c')], { token: token() })
    const read = analytics.store.in(workspace).interactions({ items: noItems })
    const pairs = await collected(
      read.pairs({ asOf, kinds: { 'Product Viewed': { weight: 1 } }, gapMinutes: 30, cap: 10, perItem: 1, minPeople: 1 }),
    )
    expect(pairs.map(({ left, right, people }) => [left, right, people])).toEqual([
      ['a', 'b', 2],
      ['b', 'a', 2],
      ['c', 'a', 1],
    ])
    expect(pairs[0]?.weight).toBeCloseTo(2 / Math.log(4), 5)
  })

  it('read other keys where a shop has other names', async () => {
    const workspace = analytics.workspace()
    const stays = [{ room: 'sea' }, { stay: [{ room: 'hill' }] }].map((says) => event(workspace, 1, { timestamp: asOf, properties: says }))
    await analytics.store.insertEvents(stays, { token: token() })
    const read = analytics.store.in(workspace).interactions({ items: noItems, paths: { ids: ['room'], lists: ['stay'] } })
    const popular = await read.popularity({ asOf, kinds: { 'Product Viewed': { weight: 1 } }, limit: 9 })
    expect(popular.map((row) => row.item)).toEqual(['hill', 'sea'])
  })

  it('hand out matrices that workers can share', async () => {
    const read = analytics.store.in(analytics.workspace()).interactions({ items: noItems })
    const matrix = await read.matrix({ asOf, kinds: { A: { weight: 1 } } })
    expect([...matrix.rows]).toEqual([0])
    expect(matrix.weights.buffer).toBeInstanceOf(SharedArrayBuffer)
  })

  it('refuse what makes no sense', async () => {
    const read = analytics.store.in(analytics.workspace()).interactions({ items: noItems })
    const kinds = { A: { weight: 1 } }
    await expect(read.popularity({ asOf, kinds, limit: 9, within: 'soon' })).rejects.toSatisfy(AnalyticsRequestInvalid.is)
    expect(() => read.pairs({ asOf, kinds, gapMinutes: 1, cap: 1, perItem: 1, minPeople: 1 })).toThrow(/cap/)
  })
})
