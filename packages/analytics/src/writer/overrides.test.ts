import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics, token } from '../analytics.fixture.ts'

const analytics = migratedAnalytics()

const PEOPLE = 8

/** Merges as a ledger would have them: only of profiles that still are. */
const ledger = fc.array(fc.tuple(fc.nat(PEOPLE - 1), fc.nat(PEOPLE - 1)), { minLength: 1, maxLength: 8 }).map((wishes) => {
  const survivors = new Map<number, number>()
  const survivorOf = (id: number): number => {
    const next = survivors.get(id)
    return next === undefined ? id : survivorOf(next)
  }
  const merges = wishes.flatMap(([left, right], index) => {
    const [old, into] = [survivorOf(left + 1), survivorOf(right + 1)]
    if (old === into) return []
    survivors.set(old, into)
    return [{ old, into, version: index + 1 }]
  })
  return { merges, survivorOf }
})

describe('overrides', () => {
  it(
    'lead every id to its last survivor, however the ledger is cut, repeated and replayed',
    () =>
      fc.assert(
        fc.asyncProperty(ledger, fc.array(fc.nat(7), { maxLength: 4 }), async ({ merges, survivorOf }, replays) => {
          const workspace = analytics.workspace()
          const everyone = Array.from({ length: PEOPLE }, (_, index) => index + 1)
          await analytics.store.insertEvents(
            everyone.map((profile) => event(workspace, profile, { traits: { [`met${profile}`]: true } })),
            { token: token() },
          )
          const rows = merges.map((merge) => ({ ...merge, workspace }))
          for (const row of rows) await analytics.store.insertOverrides([row])
          for (const replay of replays) await analytics.store.insertOverrides(rows.slice(replay, replay + 2))

          const read = analytics.store.in(workspace)
          const expected = Map.groupBy(everyone, survivorOf)
          expect(await read.touched({ afterBatch: 0, upToBatch: 1 })).toEqual([...expected.keys()].sort())
          expect(await read.countProfiles()).toBe(expected.size)
          const traits = await read.traits(everyone)
          expect(new Set(traits.keys())).toEqual(new Set(expected.keys()))
          for (const [survivor, merged] of expected) {
            expect(Object.keys(traits.get(survivor) ?? {}).sort()).toEqual(merged.map((profile) => `met${profile}`).sort())
            const { rows: found } = await read.events({ profile: merged.at(-1) ?? survivor, limit: 100 })
            expect(found.map(({ profile }) => profile)).toEqual(merged.map(() => survivor))
          }
        }),
        { numRuns: 8 },
      ),
    120_000,
  )
})
