import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics, token } from '../analytics.fixture.ts'

const analytics = migratedAnalytics()

const PEOPLE = 8

/** A ledger of merges and unmerges, and for each of its entries what must be written: those concerned, as they are then. */
const ledger = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.tuple(fc.nat(PEOPLE - 1), fc.nat(PEOPLE - 1)) }, { weight: 1, arbitrary: fc.nat(PEOPLE) }), {
    minLength: 1,
    maxLength: 10,
  })
  .map((wishes) => {
    const edges = new Map<number, number>()
    const personOf = (id: number): number => {
      const next = edges.get(id)
      return next === undefined ? id : personOf(next)
    }
    const everyone = Array.from({ length: PEOPLE }, (_, index) => index + 1)
    const writes = wishes.flatMap((wish, index) => {
      const old = typeof wish === 'number' ? [...edges.keys()][wish] : personOf(wish[0] + 1)
      if (old === undefined) return []
      const under = everyone.filter((id) => id === old || personOf(id) === old || isUnder(id, old, edges))
      if (typeof wish === 'number') edges.delete(old)
      else if (personOf(wish[1] + 1) === old) return []
      else edges.set(old, personOf(wish[1] + 1))
      return [under.map((id) => ({ old: id, into: personOf(id), version: index + 1 }))]
    })
    return { writes, personOf }
  })

function isUnder(id: number, of: number, edges: ReadonlyMap<number, number>): boolean {
  const next = edges.get(id)
  return next !== undefined && (next === of || isUnder(next, of, edges))
}

describe('overrides', () => {
  it(
    'lead every id to its person of today, in whatever order they are written, and however often',
    () =>
      fc.assert(
        fc.asyncProperty(
          ledger.chain(({ writes, personOf }) =>
            fc.record({
              personOf: fc.constant(personOf),
              order: fc.shuffledSubarray([...writes.keys(), ...writes.keys()], { minLength: writes.length }),
              writes: fc.constant(writes),
            }),
          ),
          async ({ writes, order, personOf }) => {
            const workspace = analytics.workspace()
            const everyone = Array.from({ length: PEOPLE }, (_, index) => index + 1)
            await analytics.store.insertEvents(
              everyone.map((profile) => event(workspace, profile, { traits: { [`met${profile}`]: true } })),
              { token: token() },
            )
            const rowsOf = (index: number) => (writes[index] ?? []).map((row) => ({ ...row, workspace }))
            for (const index of order) await analytics.store.insertOverrides(rowsOf(index))
            for (const index of writes.keys()) if (!order.includes(index)) await analytics.store.insertOverrides(rowsOf(index))

            const read = analytics.store.in(workspace)
            const expected = Map.groupBy(everyone, personOf)
            expect(await read.touched({ afterBatch: 0, upToBatch: 1 })).toEqual([...expected.keys()].sort())
            expect(await read.countProfiles()).toBe(expected.size)
            const traits = await read.traits(everyone)
            expect(new Set(traits.keys())).toEqual(new Set(expected.keys()))
            for (const [person, merged] of expected) {
              expect(Object.keys(traits.get(person) ?? {}).sort()).toEqual(merged.map((profile) => `met${profile}`).sort())
              const { rows: found } = await read.events({ profile: merged.at(-1) ?? person, limit: 100 })
              expect(found.map(({ profile }) => profile)).toEqual(merged.map(() => person))
            }
          },
        ),
        { numRuns: 10 },
      ),
    120_000,
  )
})
