import { type Meter, noMeter } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, type Process, SEGMENT, TAG, type World } from './world.fixture.ts'

let world: World
let server: Process

beforeAll(async () => {
  world = await createWorld()
  server = await world.start()
})
afterAll(() => world.close())

const HOUR_MS = 3_600_000
const WINDOW_MS = 24 * HOUR_MS

/** All that can be asked of a workspace, by every id that there ever was and of everybody. */
async function answers(workspace: string, profiles: readonly number[]): Promise<unknown> {
  const read = world.analytics.in(workspace)
  const asOf = new Date(Date.UTC(2030, 0, 1))
  const viewed = { event: 'Product Viewed', measure: 'count' } as const
  const rules = [
    { key: 'viewers', rule: { ...viewed, gte: 2 } },
    { key: 'members', rule: { segment: SEGMENT } },
    { key: 'tagged', rule: { tag: TAG, gte: 2 } },
    { key: 'red', rule: { trait: 'colour', eq: 'red' } },
  ] as const
  const measured: unknown[] = []
  for await (const page of read.measures({ measures: { views: viewed, colour: { trait: 'colour' }, tag: { tag: TAG } }, asOf }))
    measured.push(...page)
  const all: unknown[] = []
  for await (const page of read.tagValues.all(TAG)) all.push(...page)
  return JSON.parse(
    JSON.stringify({
      each: await Promise.all(
        profiles.map(async (profile) => ({
          events: (await read.events({ profile, limit: 1_000 })).rows.map((row) => [row.messageId, row.profile]),
          traits: [...(await read.traits([profile]))],
          tags: [...(await read.tagValues.of([profile]))],
          history: await read.tagValues.history(profile, TAG),
          segments: await read.transitions.segmentsOf(profile),
          told: await read.transitions.told(SEGMENT, [profile]),
          rules: [...(await read.evaluateRules({ rules, asOf, profiles: [profile] }))],
        })),
      ),
      together: [...(await read.traits(profiles))].sort(([left], [right]) => left - right),
      rules: [...(await read.evaluateRules({ rules, asOf, population: { default: true, exceptions: profiles.slice(0, 1) } }))],
      everybody: [...(await read.evaluateRules({ rules, asOf }))],
      measured: measured.map((row) => JSON.stringify(row)).sort(),
      all: all.map((row) => JSON.stringify(row)).sort(),
      told: await read.transitions.told(SEGMENT),
      members: await read.transitions.members({ segment: SEGMENT, limit: 100 }),
      people: await read.countProfiles(),
      events: await read.countEvents(),
      touched: await read.touched({ afterBatch: 0, upToBatch: Number.MAX_SAFE_INTEGER }),
    }),
  )
}

async function crowd(workspace: string, people: number): Promise<readonly number[]> {
  for (let person = 0; person < people; person++) {
    const says = { traits: { colour: person % 2 === 0 ? 'red' : 'blue', [`of${person}`]: true } }
    await world.send(server, workspace, `user_id:p${person}`, says)
  }
  await server.audience.evaluate({ workspace })
  return Promise.all(Array.from({ length: people }, (_, person) => world.find(workspace, `user_id:p${person}`)))
}

async function join(workspace: string, into: number, from: number): Promise<number | undefined> {
  const { profiles } = world.store.in(workspace)
  const cause = { rule: 'test', source: 'web', messageId: `joins-${into}-${from}`, at: world.clock.now(), evidence: {} }
  const [entry] = await profiles.merge({ into, from: [from], ...cause })
  return entry?.id
}

describe('squash', () => {
  it('changes no answer, whatever was merged, taken back and evaluated before, and nothing twice', async () => {
    const size = 5
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ into: fc.nat(size - 1), from: fc.nat(size - 1) }) },
      { weight: 2, arbitrary: fc.record({ undo: fc.nat(9) }) },
      { weight: 1, arbitrary: fc.constant('evaluate' as const) },
      { weight: 1, arbitrary: fc.constant('squash' as const) },
      { weight: 2, arbitrary: fc.record({ view: fc.nat(size - 1) }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), async (steps) => {
        const workspace = await world.workspace()
        const ids = await crowd(workspace, size)
        const identity = world.station({
          undoWindowMs: WINDOW_MS,
          onChanged: async (where, profiles) => void (await server.audience.evaluate({ workspace: where, profiles })),
        })
        const merges: number[] = []
        const squashWith = async (): Promise<void> => {
          const before = await answers(workspace, ids)
          await identity.squash({ workspace })
          expect(await answers(workspace, ids)).toEqual(before)
          world.clock.advance(2 * HOUR_MS)
          await identity.squash({ workspace })
          expect(await answers(workspace, ids)).toEqual(before)
        }
        for (const one of steps) {
          // Merges are of all ages: some can be taken back, some are squashed.
          world.clock.advance(7 * HOUR_MS)
          if (one === 'evaluate') await server.audience.evaluate({ workspace })
          else if (one === 'squash') await squashWith()
          else if ('view' in one) await world.send(server, workspace, `user_id:p${one.view}`)
          else if ('undo' in one) {
            const merge = merges[one.undo % Math.max(1, merges.length)] ?? 0
            const record = (await world.store.in(workspace).unmerges.separation(merge))?.merge
            if (record !== undefined) await identity.unmerge({ workspace, profile: record.loser, merge })
          } else merges.push((await join(workspace, ids[one.into] ?? 0, ids[one.from] ?? 0)) ?? 0)
          await identity.settle({ workspace })
          // As an ingest worker does it with the next batch.
          await world.send(server, workspace, '')
        }
        world.clock.advance(WINDOW_MS)
        await squashWith()
        expect(await identity.squash({ workspace })).toEqual({ rewritten: 0, settled: 0 })
        // Physical: no override is needed to say who is who.
        const persons = await world.store.in(workspace).profiles.resolve(ids)
        const sightings = await Promise.all(ids.map((profile) => world.analytics.in(workspace).sightings({ profile })))
        for (const [place, profile] of ids.entries())
          expect(new Set(sightings[place]?.map((sighting) => sighting.profile))).toEqual(new Set([persons.get(profile)]))
      }),
      { numRuns: 4 },
    )
  }, 300_000)

  it('changes no answer while it is at work', async () => {
    const workspace = await world.workspace()
    const ids = await crowd(workspace, 8)
    for (const [place, id] of ids.entries()) if (place > 1) await join(workspace, ids[place % 2] ?? 0, id)
    await world.send(server, workspace, '')
    const identity = world.station({ undoWindowMs: WINDOW_MS })
    const before = await answers(workspace, ids)
    world.clock.advance(2 * WINDOW_MS)
    let working = true
    const work = (async () => {
      await identity.squash({ workspace })
      world.clock.advance(2 * HOUR_MS)
      expect(await identity.squash({ workspace })).toMatchObject({ settled: 6 })
      working = false
    })()
    let looks = 0
    do {
      expect(await answers(workspace, ids)).toEqual(before)
      looks++
    } while (working)
    await work
    expect(await answers(workspace, ids)).toEqual(before)
    expect(looks).toBeGreaterThan(0)
  }, 120_000)

  it('goes on where a process died, and leaves alone what may still be taken back', async () => {
    const workspace = await world.workspace()
    const ids = await crowd(workspace, 3)
    const [first = 0, second = 0, third = 0] = ids
    const old = await join(workspace, first, second)
    world.clock.advance(2 * WINDOW_MS)
    const young = await join(workspace, third, first)
    await world.send(server, workspace, '')
    const before = await answers(workspace, ids)
    const { unmerges } = world.store.in(workspace)
    // Claimed and never rewritten; rewritten and never marked.
    const cutoff = new Date(world.clock.now().getTime() - WINDOW_MS)
    const claim = await unmerges.claimSquash({ before: cutoff, limit: 10 })
    expect(claim.moves).toMatchObject([{ from: second, into: first }])
    await world.analytics.squashPersons({ workspace, moves: claim.moves })
    const counted: unknown[] = []
    const count: Meter['count'] = ({ name }, labels, by) => void counted.push([name, labels, by])
    const identity = world.station({ undoWindowMs: WINDOW_MS, meter: { ...noMeter, count } })
    expect(await identity.squash({ workspace })).toEqual({ rewritten: 1, settled: 0 })
    world.clock.advance(2 * HOUR_MS)
    expect(await identity.squash({ workspace })).toEqual({ rewritten: 0, settled: 1 })
    expect(await answers(workspace, ids)).toEqual(before)
    expect(await identity.unmerge({ workspace, profile: first, merge: old ?? 0 })).toEqual({ ok: false, reason: 'WINDOW_OVER' })
    expect(counted).toEqual([
      ['tenon_identity_squashed_merges_total', { step: 'rewritten' }, 1],
      ['tenon_identity_squashed_merges_total', { step: 'settled' }, 1],
      ['tenon_identity_unmerges_total', { outcome: 'window_over' }, undefined],
    ])
    expect(await identity.unmerge({ workspace, profile: first, merge: young ?? 0 })).toMatchObject({ ok: true })
    const of = async (profile: number) => (await world.analytics.in(workspace).events({ profile, limit: 9 })).rows.length
    expect([await of(first), await of(second), await of(third)]).toEqual([2, 2, 1])
  })
})
