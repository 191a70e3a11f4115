import type { ProfileId } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'
import type { WorkspaceStore } from '../workspace-store.ts'
import type { Merge } from './profiles.ts'
import type { UnmergeEntry } from './unmerges.ts'

let test: TestStore
let workspaces = 0
const fresh = (): WorkspaceStore => test.store.in(`unmerges-${++workspaces}`)

beforeAll(async () => {
  test = await openTestStore()
})
afterAll(() => test.close())

const since = new Date('2026-01-01T00:00:00Z')
const email = (value: string) => ({ type: 'email', value })
const merge = (into: ProfileId, ...from: readonly ProfileId[]): Merge => ({
  into,
  from,
  rule: 'same-email',
  source: 'web',
  messageId: 'm-1',
  at: since,
  evidence: {},
})

const undo = (
  store: WorkspaceStore,
  id: number,
  also: readonly { type: string; value: string }[] = [],
): Promise<UnmergeEntry | undefined> =>
  store.transaction(async (tx) => {
    await tx.profiles.lock()
    const separation = await tx.unmerges.separation(id)
    if (separation === undefined || separation.merge.undone !== undefined) return undefined
    return tx.unmerges.separate({ separation, also, blocked: [] })
  })

const held = async (store: WorkspaceStore, profile: ProfileId): Promise<readonly string[]> =>
  (await store.profiles.identifiers(profile)).map(({ value }) => value).sort()

describe('unmerges', () => {
  it('give back identifiers and profiles, and say so in the ledger', async () => {
    const store = fresh()
    const [an = 0, bo = 0, cy = 0] = await store.profiles.create(3, since)
    await store.profiles.attach([an, bo, cy].map((profile, place) => ({ ...email('abc'[place] ?? ''), profile, since })))
    const [first] = await store.profiles.merge(merge(bo, cy))
    const [second] = await store.profiles.merge(merge(an, bo))
    await store.profiles.attach([
      { ...email('late'), profile: an, since },
      { ...email('later'), profile: an, since },
    ])

    const entry = await undo(store, second?.id ?? 0, [email('later'), email('nobody'), email('a\0')])
    expect(entry).toMatchObject({ merge: second?.id, restored: bo, remaining: an, members: [cy] })
    expect(entry?.identifiers.map(({ value }) => value).sort()).toEqual(['b', 'c', 'later'])
    expect(await store.profiles.resolve([an, bo, cy])).toEqual(
      new Map([
        [an, an],
        [bo, bo],
        [cy, bo],
      ]),
    )
    expect([await held(store, an), await held(store, bo)]).toEqual([
      ['a', 'late'],
      ['b', 'c', 'later'],
    ])
    expect((await store.unmerges.history(an)).map(({ id, undone }) => [id, undone?.id])).toEqual([[second?.id, entry?.id]])
    expect((await store.unmerges.history(bo)).map(({ id }) => id)).toEqual([second?.id, first?.id])
    expect(await undo(store, second?.id ?? 0)).toBeUndefined()
    expect(await store.unmerges.separation(999_999)).toBeUndefined()
  })

  it('take a merge back that lies under later ones', async () => {
    const store = fresh()
    const [an = 0, bo = 0, cy = 0] = await store.profiles.create(3, since)
    await store.profiles.attach([an, bo, cy].map((profile, place) => ({ ...email('abc'[place] ?? ''), profile, since })))
    const [first] = await store.profiles.merge(merge(bo, an))
    await store.profiles.merge(merge(cy, bo))
    await undo(store, first?.id ?? 0)
    expect([await held(store, an), await held(store, cy)]).toEqual([['a'], ['b', 'c']])
  })

  it('leave the analytics store with the persons of the last entry', async () => {
    const store = fresh()
    const [an = 0, bo = 0, cy = 0] = await store.profiles.create(3, since)
    await store.profiles.merge(merge(bo, cy))
    const [second] = await store.profiles.merge(merge(an, bo))
    const entry = await undo(store, second?.id ?? 0)
    const mine = async () => (await test.store.ingest.listPendingOverrides()).filter(({ workspace }) => workspace === store.workspace)
    const pending = await mine()
    expect(pending.map(({ version }) => version)).toEqual([entry?.id, entry?.id, entry?.id])
    expect(pending.map(({ overrides }) => overrides)).toEqual([
      [{ old: cy, into: bo }],
      [
        { old: bo, into: bo },
        { old: cy, into: bo },
      ],
      [
        { old: bo, into: bo },
        { old: cy, into: bo },
      ],
    ])
    await test.store.ingest.markOverridesWritten(pending.map(({ entry: id }) => id))
    expect(await mine()).toEqual([])
    expect(await store.unmerges.unsettled()).toMatchObject([{ id: entry?.id, waits: false }])
    await store.unmerges.settle(entry?.id ?? 0)
    expect(await store.unmerges.unsettled()).toEqual([])
  })

  it('know the pairs that must not join any more', async () => {
    const store = fresh()
    const [an = 0, bo = 0] = await store.profiles.create(2, since)
    const [done] = await store.profiles.merge(merge(an, bo))
    expect(await store.unmerges.blockedAmong([email('a'), email('b')])).toEqual([])
    const long = { type: 'x'.repeat(1024), value: 'y'.repeat(1024) }
    await store.transaction(async (tx) => {
      await tx.profiles.lock()
      const separation = await tx.unmerges.separation(done?.id ?? 0)
      if (separation === undefined) throw new Error('the merge is known')
      await tx.unmerges.separate({
        separation,
        also: [],
        blocked: [
          [email('a'), email('b')],
          [email('a'), long],
        ],
      })
    })
    expect(await store.unmerges.blockedAmong([email('b'), email('a'), email('c'), email('\0')])).toEqual([[email('a'), email('b')]])
    expect(await store.unmerges.blockedAmong([long, email('a')])).toEqual([[email('a'), long]])
    expect(await store.unmerges.blockedAmong([email('a'), email('c')])).toEqual([])
    expect(await fresh().unmerges.blockedAmong([email('a'), email('b')])).toEqual([])
  })

  it('are a forest: identifiers are where they came with, in whatever order merges are made and taken back', async () => {
    const size = 7
    const step = fc.oneof(
      fc.record({ into: fc.nat(size - 1), from: fc.array(fc.nat(size - 1), { minLength: 1, maxLength: 2 }) }),
      fc.record({ undo: fc.nat(20) }),
      fc.record({ attach: fc.nat(size - 1) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const [store, other] = [fresh(), test.another()]
        const ids = await store.profiles.create(size, since)
        await store.profiles.attach(ids.map((profile, place) => ({ ...email(`${place}`), profile, since })))
        const edges = new Map<ProfileId, { readonly into: ProfileId; readonly merge: number }>()
        const homes = new Map(ids.map((id, place) => [`${place}`, id]))
        const personOf = (id: ProfileId): ProfileId => {
          const edge = edges.get(id)
          return edge === undefined ? id : personOf(edge.into)
        }
        for (const [place, one] of steps.entries()) {
          // Two processes take turns: neither remembers anything.
          const { profiles } = place % 2 === 0 ? store : other.in(store.workspace)
          if ('attach' in one) {
            const profile = ids[one.attach] ?? 0
            await profiles.attach([{ ...email(`late-${place}`), profile, since }])
            homes.set(`late-${place}`, personOf(profile))
          } else if ('undo' in one) {
            const [loser, edge] = [...edges][one.undo % Math.max(1, edges.size)] ?? []
            if (loser === undefined || edge === undefined) continue
            edges.delete(loser)
            expect(await undo(place % 2 === 0 ? store : other.in(store.workspace), edge.merge)).toMatchObject({ restored: loser })
          } else {
            const entries = await profiles.merge(merge(ids[one.into] ?? 0, ...one.from.map((each) => ids[each] ?? 0)))
            for (const { loser, winner, id } of entries) edges.set(loser, { into: winner, merge: id })
          }
        }
        expect(await store.profiles.resolve(ids)).toEqual(new Map(ids.map((id) => [id, personOf(id)])))
        for (const [value, home] of homes) expect([value, await store.profiles.find(email(value))]).toEqual([value, personOf(home)])
        const persons = new Set(ids.map(personOf))
        for (const person of persons) {
          const own = [...homes].filter(([, home]) => personOf(home) === person).map(([value]) => value)
          expect(await held(store, person)).toEqual(own.sort())
          expect(new Set(await store.profiles.family(person))).toEqual(new Set(ids.filter((id) => personOf(id) === person)))
        }
        expect(await store.profiles.count()).toBe(persons.size)
        await other.close()
      }),
      { numRuns: 40 },
    )
  }, 120_000)

  it('agree when two processes merge and take back at the same time', async () => {
    const store = fresh()
    const stores = [store, test.another().in(store.workspace)]
    const ids = await store.profiles.create(12, since)
    await store.profiles.attach(ids.map((profile, place) => ({ ...email(`${place}`), profile, since })))
    const undone: number[] = []
    await Promise.all(
      Array.from({ length: 24 }, async (_, turn) => {
        const own = stores[turn % 2] ?? store
        const [entry] = await own.profiles.merge(merge(ids[(turn * 7) % 12] ?? 0, ids[(turn * 5 + 1) % 12] ?? 0))
        if (entry === undefined) return
        const taken = await Promise.all(stores.map((each) => undo(each, entry.id)))
        expect(taken.filter((each) => each !== undefined)).toHaveLength(1)
        undone.push(entry.id)
      }),
    )
    expect(undone.length).toBeGreaterThan(5)
    expect(await store.profiles.resolve(ids)).toEqual(new Map(ids.map((id) => [id, id])))
    for (const [place, id] of ids.entries()) expect(await held(store, id)).toEqual([`${place}`])
  })

  it('learn from an older ledger what each identifier came with', async () => {
    const store = fresh()
    const [an = 0, bo = 0, cy = 0] = await store.profiles.create(3, since)
    await store.profiles.attach([an, bo, cy].map((profile, place) => ({ ...email('abc'[place] ?? ''), profile, since })))
    await store.profiles.merge(merge(bo, cy))
    const [second] = await store.profiles.merge(merge(an, bo))
    const { unmerges } = await import('../migrations/steps/0008_unmerges.ts')
    const backfill = unmerges.slice(unmerges.indexOf('update tenon.identifiers'), unmerges.indexOf('alter table tenon.merges'))
    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    await client.query('update tenon.identifiers set home = null where workspace = $1', [store.workspace])
    await client.query(backfill)
    await client.end()
    await undo(store, second?.id ?? 0)
    expect([await held(store, an), await held(store, bo)]).toEqual([['a'], ['b', 'c']])
  })
})

describe('squashing', () => {
  it('claims what is old enough, for the person that older merges make, and keeps it', async () => {
    const store = fresh()
    const [an = 0, bo = 0, cy = 0, di = 0] = await store.profiles.create(4, since)
    const [first] = await store.profiles.merge(merge(bo, an))
    await store.profiles.merge(merge(cy, bo))
    await test.store.ingest.markOverridesWritten((await test.store.ingest.listPendingOverrides()).map(({ entry }) => entry))
    const before = test.clock.now()
    test.clock.advance(1)
    const [third] = await store.profiles.merge(merge(di, cy))

    const claimed = await store.unmerges.claimSquash({ before, limit: 10 })
    expect(claimed.moves).toEqual([
      { from: an, into: cy, stored: [an] },
      { from: bo, into: cy, stored: [bo, an] },
    ])
    expect(await store.unmerges.claimSquash({ before, limit: 10 })).toEqual(claimed)
    expect((await store.unmerges.separation(first?.id ?? 0))?.merge.squashed).toBe(true)
    expect(await store.unmerges.settleable({ before: test.clock.now(), limit: 10 })).toEqual({ merges: [], overrides: [] })
    await store.unmerges.squashed(claimed.merges)
    expect((await store.unmerges.claimSquash({ before, limit: 10 })).moves).toEqual([])
    const settleable = await store.unmerges.settleable({ before: test.clock.now(), limit: 10 })
    expect(settleable).toEqual({
      merges: claimed.merges,
      overrides: [an, bo].map((old) => ({ old, into: di, version: third?.id })),
    })
    await store.unmerges.overridesSettled(settleable.merges)
    expect((await store.unmerges.settleable({ before: test.clock.now(), limit: 10 })).merges).toEqual([])
  })
})
