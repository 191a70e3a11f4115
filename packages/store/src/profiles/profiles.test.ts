import type { ProfileId } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../test-store.fixture.ts'
import type { WorkspaceStore } from '../workspace-store.ts'
import type { Merge } from './profiles.ts'

let test: TestStore
let workspaces = 0
const fresh = (): WorkspaceStore => test.store.in(`profiles-${++workspaces}`)

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
  evidence: { shared: 'email' },
})

const at = <T>(list: readonly T[], place: number): T => {
  const value = list[place]
  if (value === undefined) throw new RangeError(`nothing at ${place}`)
  return value
}

describe('profiles', () => {
  it('merge by the thousand in one go', async () => {
    const { profiles } = fresh()
    const ids = await profiles.create(14_000)
    const [losers, winners] = [ids.slice(0, 7_000), ids.slice(7_000)]
    const entries = await profiles.mergeAll(
      losers.map((loser, place) => ({ ...merge(at(winners, place), loser), messageId: `m-${place}` })),
    )
    expect(entries.map(({ messageId }) => messageId)).toEqual(losers.map((_, place) => `m-${place}`))
    expect(await profiles.count()).toBe(7_000)
  })

  it('come in pages, each person once', async () => {
    const { profiles } = fresh()
    const [one = 0, two = 0, three = 0, four = 0, five = 0] = await profiles.create(5)
    await profiles.merge(merge(one, three))
    const pages: (readonly ProfileId[])[] = []
    for await (const page of profiles.pages({ limit: 2 })) pages.push(page)
    expect(pages).toEqual([
      [one, two],
      [four, five],
    ])
  })

  it('numbers are dense and never shared between workspaces', async () => {
    const one = await fresh().profiles.create(3)
    const two = await fresh().profiles.create(2)
    expect(new Set([...one, ...two]).size).toBe(5)
    expect([...one, ...two].every((id) => Number.isSafeInteger(id) && id > 0)).toBe(true)
    expect(await fresh().profiles.create(0)).toEqual([])
  })

  it('finds a person by any identifier, with all that it holds', async () => {
    const { profiles } = fresh()
    const [an = 0, bo = 0] = await profiles.create(2, since)
    await profiles.attach([
      { ...email('an@example.com'), profile: an, since },
      { type: 'user_id', value: 'an', profile: an, since: new Date(since.getTime() + 1000) },
      { ...email('bo@example.com'), profile: bo, since },
    ])
    expect(await profiles.find(email('bo@example.com'))).toBe(bo)
    expect(await profiles.find(email('nobody@example.com'))).toBeUndefined()
    const owners = await profiles.owners([email('an@example.com'), { type: 'user_id', value: 'an' }, email('nobody@example.com')])
    expect(owners).toEqual([
      {
        profile: an,
        firstSeen: since,
        identifiers: [
          { ...email('an@example.com'), since },
          { type: 'user_id', value: 'an', since: new Date(since.getTime() + 1000) },
        ],
      },
    ])
  })

  it('attaches once, keeps the earlier time and says what is taken', async () => {
    const { profiles } = fresh()
    const [an = 0, bo = 0] = await profiles.create(2)
    const earlier = new Date(since.getTime() - 1000)
    await profiles.attach([{ ...email('an@example.com'), profile: an, since }])
    expect(await profiles.attach([{ ...email('an@example.com'), profile: an, since: earlier }])).toEqual([])
    expect(
      await profiles.attach([
        { ...email('an@example.com'), profile: bo, since },
        { ...email('both@example.com'), profile: an, since },
        { ...email('both@example.com'), profile: bo, since },
      ]),
    ).toEqual([{ ...email('an@example.com'), why: 'taken', holder: an }])
    expect((await profiles.identifiers(an)).map(({ value, since }) => [value, since])).toEqual([
      ['an@example.com', earlier],
      ['both@example.com', since],
    ])
  })

  it('never stores or finds an identifier that it would have to change', async () => {
    const { profiles } = fresh()
    const [an = 0] = await profiles.create(1)
    await profiles.attach([{ ...email('a\ufffd'), profile: an, since }])
    for (const value of ['', 'a\0', 'a\ud800', 'x'.repeat(1025), '長'.repeat(400)]) {
      expect(await profiles.attach([{ ...email(value), profile: an, since }])).toEqual([{ ...email(value), why: 'unstorable' }])
      expect(await profiles.find(email(value))).toBeUndefined()
      expect(await profiles.owners([email(value)])).toEqual([])
    }
    expect(await profiles.identifiers(an)).toHaveLength(1)
  })

  it('holds identifiers of the greatest size, whatever is in them', async () => {
    const { profiles } = fresh()
    const [an = 0] = await profiles.create(1)
    const random = Array.from({ length: 1024 }, (_, place) => String.fromCharCode(33 + ((place * 7919) % 94))).join('')
    const identifier = { type: random, value: [...random].reverse().join('') }
    expect(await profiles.attach([{ ...identifier, profile: an, since }])).toEqual([])
    expect(await profiles.find(identifier)).toBe(an)
  })

  it('moves identifiers in a merge and keeps in the ledger what an unmerge needs', async () => {
    const { profiles } = fresh()
    const [an = 0, bo = 0, cy = 0] = await profiles.create(3, since)
    await profiles.attach([
      { ...email('an@example.com'), profile: an, since },
      { ...email('bo@example.com'), profile: bo, since },
    ])
    const [first] = await profiles.merge(merge(an, bo))
    expect(first).toMatchObject({
      winner: an,
      loser: bo,
      members: [],
      identifiers: [{ ...email('bo@example.com'), since }],
      evidence: { shared: 'email' },
    })
    const [second] = await profiles.merge(merge(cy, bo))
    expect(second).toMatchObject({
      winner: cy,
      loser: an,
      members: [bo],
      identifiers: [{ value: 'an@example.com' }, { value: 'bo@example.com' }],
    })
    expect(await profiles.resolve([an, bo, cy, 9_999_999])).toEqual(new Map([an, bo, cy].map((id) => [id, cy])))
    expect(await profiles.find(email('bo@example.com'))).toBe(cy)
    expect(await profiles.family(bo)).toEqual([cy, ...[an, bo].sort((a, b) => a - b)])
    expect((await profiles.merges(bo)).map(({ loser }) => loser)).toEqual([an, bo])
    expect(await profiles.merge(merge(an, bo, cy))).toEqual([])
    expect(await profiles.count()).toBe(1)
  })

  it('refuses profiles that are not of this workspace', async () => {
    const { profiles } = fresh()
    const [stranger = 0] = await fresh().profiles.create(1)
    const [an = 0] = await profiles.create(1)
    await expect(profiles.merge(merge(an, stranger))).rejects.toMatchObject({ code: 'TENON_PROFILE_UNKNOWN' })
    await expect(profiles.attach([{ ...email('a'), profile: stranger, since }])).rejects.toMatchObject({ code: 'TENON_PROFILE_UNKNOWN' })
  })

  it('agrees with union-find, and its ledger can be played back', async () => {
    const size = 8
    const pair = fc.tuple(fc.nat(size - 1), fc.array(fc.nat(size - 1), { minLength: 1, maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(pair, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 }), async (batches) => {
        const { profiles } = fresh()
        const ids = await profiles.create(size)
        await profiles.attach(ids.map((profile, place) => ({ ...email(`${place}`), profile, since })))
        const model = ids.map((_, place) => place)
        const rootOf = (place: number): number => (at(model, place) === place ? place : rootOf(at(model, place)))
        let joined = 0
        for (const batch of batches) {
          for (const [into, from] of batch) {
            for (const loser of from) {
              if (rootOf(loser) === rootOf(into)) continue
              model[rootOf(loser)] = rootOf(into)
              joined++
            }
          }
          await profiles.mergeAll(batch.map(([into, from]) => merge(at(ids, into), ...from.map((place) => at(ids, place)))))
        }

        const persons = await profiles.resolve(ids)
        expect(ids.map((id) => persons.get(id))).toEqual(ids.map((_, place) => at(ids, rootOf(place))))
        for (const place of model.keys()) expect(await profiles.find(email(`${place}`))).toBe(at(ids, rootOf(place)))
        expect(await profiles.count()).toBe(size - joined)

        // Taken back from the newest to the oldest, the ledger leads to the beginning.
        const person = new Map(persons)
        const holder = new Map(ids.map((_, place) => [`${place}`, at(ids, rootOf(place))]))
        const roots = [...new Set(person.values())]
        const ledger = (await Promise.all(roots.map((root) => profiles.merges(root)))).flat().sort((a, b) => b.id - a.id)
        expect(ledger).toHaveLength(joined)
        for (const { loser, winner, members, identifiers } of ledger) {
          for (const id of [loser, ...members]) {
            expect(person.get(id)).toBe(winner)
            person.set(id, loser)
          }
          for (const { value } of identifiers) holder.set(value, loser)
        }
        expect([...person].every(([id, root]) => id === root)).toBe(true)
        expect(ids.map((_, place) => holder.get(`${place}`))).toEqual([...ids])
      }),
      { numRuns: 40 },
    )
  })

  it('lists overrides until they are written, the last one binding', async () => {
    const { profiles, workspace } = fresh()
    const [an = 0, bo = 0, cy = 0] = await profiles.create(3)
    await profiles.mergeAll([merge(an, bo), merge(cy, an)])
    const mine = async () => (await test.store.ingest.listPendingOverrides()).filter((each) => each.workspace === workspace)
    const pending = await mine()
    expect(pending.map(({ overrides }) => overrides)).toEqual([
      [{ old: bo, into: cy }],
      [
        { old: an, into: cy },
        { old: bo, into: cy },
      ],
    ])
    const last = Math.max(...pending.map(({ entry }) => entry))
    expect(pending.map(({ version }) => version)).toEqual([last, last])
    await test.store.ingest.markOverridesWritten(pending.map(({ entry }) => entry))
    expect(await mine()).toEqual([])
  })

  it('lets one decide at a time', async () => {
    const shop = fresh()
    const decide = () =>
      shop.transaction(async (tx) => {
        await tx.profiles.lock()
        const found = await tx.profiles.find(email('new@example.com'))
        if (found !== undefined) return found
        const [profile = 0] = await tx.profiles.create(1)
        await tx.profiles.attach([{ ...email('new@example.com'), profile, since }])
        return profile
      })
    const found = await Promise.all(Array.from({ length: 8 }, decide))
    expect(new Set(found).size).toBe(1)
  })
})
