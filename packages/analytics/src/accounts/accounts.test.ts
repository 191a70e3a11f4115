import type { ProfileId, Properties } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics, token } from '../analytics.fixture.ts'

const analytics = migratedAnalytics()

const day = (number: number): Date => new Date(Date.UTC(2026, 2, number))
const group = (
  workspace: string,
  profile: ProfileId,
  id: string,
  at: number,
  traits: Properties = {},
  says: { type?: string; role?: string } = {},
) =>
  event(workspace, profile, {
    ...{ type: 'group', name: 'group', group: { id, traits }, timestamp: day(at) },
    ...{ properties: says.role === undefined ? {} : { role: says.role }, context: says.type === undefined ? {} : { groupType: says.type } },
  })
const said = (
  workspace: string,
  profile: ProfileId,
  name: 'Account Added User' | 'Account Removed User',
  id: string,
  at: number,
  role?: string,
) => event(workspace, profile, { name, context: { groupId: id }, properties: role === undefined ? {} : { role }, timestamp: day(at) })

describe('accounts', () => {
  it('are what group calls say, each trait as it was said last', async () => {
    const workspace = analytics.workspace()
    const { accounts } = analytics.store.in(workspace)
    await analytics.store.insertEvents(
      [
        group(workspace, 1, 'acme', 5, { name: 'Acme', plan: 'gold', seats: 3 }),
        group(workspace, 2, 'acme', 3, { name: 'Acme Ltd', city: 'Wuhan' }),
        group(workspace, 2, 'acme', 6, { seats: null }),
        group(workspace, 2, 'acme', 4, { floor: 4 }, { type: 'Household' }),
        event(workspace, 3, { context: { groupId: 'acme' }, timestamp: day(9) }),
      ],
      { token: token() },
    )
    expect(await accounts.get({ type: 'account', id: 'acme' })).toEqual({
      ...{ type: 'account', id: 'acme', members: 2, firstSeen: day(3), lastSeen: day(6) },
      traits: { name: 'Acme', plan: 'gold', city: 'Wuhan' },
    })
    expect(await accounts.get({ type: 'household', id: 'acme' })).toMatchObject({ members: 1, traits: { floor: 4 } })
    expect(await accounts.get({ type: 'account', id: 'nobody' })).toBeUndefined()
    expect((await accounts.list({ limit: 10 })).rows).toEqual([
      { type: 'account', id: 'acme', members: 2 },
      { type: 'household', id: 'acme', members: 1 },
    ])
    const first = await accounts.list({ limit: 1 })
    expect((await accounts.list({ limit: 1, ...(first.next && { after: first.next }) })).rows).toMatchObject([{ type: 'household' }])
    expect((await accounts.list({ limit: 10, type: 'household' })).rows).toHaveLength(1)

    const newest = await accounts.events({ type: 'account', id: 'acme', limit: 2 })
    expect(newest.rows.map(({ profile }) => profile)).toEqual([3, 2])
    const older = await accounts.events({ type: 'account', id: 'acme', limit: 5, ...(newest.next && { before: newest.next }) })
    expect(older.rows.map(({ profile }) => profile)).toEqual([1, 2])
    expect(await analytics.store.in(analytics.workspace()).accounts.get({ type: 'account', id: 'acme' })).toBeUndefined()
  })

  it('know who is what in them, since when, and who left', async () => {
    const workspace = analytics.workspace()
    const { accounts } = analytics.store.in(workspace)
    await analytics.store.insertEvents(
      [
        group(workspace, 1, 'acme', 2),
        said(workspace, 1, 'Account Added User', 'acme', 3, 'admin'),
        said(workspace, 2, 'Account Added User', 'acme', 3, 'editor'),
        said(workspace, 2, 'Account Removed User', 'acme', 5),
        said(workspace, 3, 'Account Added User', 'acme', 1),
        said(workspace, 3, 'Account Removed User', 'acme', 4),
        said(workspace, 3, 'Account Added User', 'acme', 7, 'owner'),
        said(workspace, 3, 'Account Added User', 'acme', 8),
      ],
      { token: token() },
    )
    const acme = { type: 'account', id: 'acme' }
    const [one, three] = [
      { ...acme, profile: 1, role: 'admin', since: day(2) },
      { ...acme, profile: 3, role: 'owner', since: day(7) },
    ]
    const gone = { ...acme, profile: 2, role: 'editor', leftAt: day(5) }
    expect((await accounts.members({ ...acme, limit: 10 })).rows).toEqual([one, three])
    expect((await accounts.members({ ...acme, limit: 10, left: true })).rows).toEqual([one, gone, three])
    const page = await accounts.members({ ...acme, limit: 1 })
    expect((await accounts.members({ ...acme, limit: 1, ...(page.next && { after: page.next }) })).rows).toEqual([three])
    expect(await accounts.of([2, 3])).toEqual([gone, three])
    expect(await accounts.of([])).toEqual([])
  })

  it('are also what people share by a rule, such as a household its address', async () => {
    const workspace = analytics.workspace()
    const { accounts } = analytics.store.in(workspace)
    const lives = (profile: ProfileId, street: string, postalCode: string | number, at = 1) =>
      event(workspace, profile, { type: 'identify', name: 'identify', traits: { address: { street, postalCode } }, timestamp: day(at) })
    await analytics.store.insertEvents(
      [
        lives(1, 'Long Street 5', '10001'),
        lives(2, 'long  street, 5', 10001),
        lives(3, 'Long Street 5', '10002'),
        lives(4, 'Old Road 1', '10001'),
        lives(4, 'Long Street 5', '10001', 2),
        lives(5, 'Long Street 5', '10001'),
        lives(5, 'New Road 9', '10001', 2),
        ...[6, 7, 8, 9].map((profile) => lives(profile, 'Grand Hotel', '1')),
        event(workspace, 10, { traits: { address: { street: 'Long Street 5' } } }),
        event(workspace, 11, { traits: { address: { street: 'Nowhere', postalCode: null } } }),
        event(workspace, 12, { traits: { address: { street: 'Nowhere', postalCode: null } } }),
      ],
      { token: token() },
    )
    const rule = { by: ['address.street', 'address.postalCode'], most: 3, limit: 10 }
    const { rows } = await accounts.sharing(rule)
    expect(rows.map(({ members }) => members)).toEqual([[1, 2, 4]])
    expect((await accounts.sharing({ ...rule, profile: 4 })).rows).toEqual(rows)
    expect((await accounts.sharing({ ...rule, profile: 5 })).rows).toEqual([])
    expect((await accounts.sharing({ ...rule, id: rows[0]?.id ?? '' })).rows).toEqual(rows)
    expect((await accounts.sharing({ ...rule, most: 4 })).rows).toHaveLength(2)
    await analytics.store.insertOverrides([{ workspace, old: 2, into: 3, version: 1 }])
    expect((await accounts.sharing(rule)).rows.map(({ members }) => members)).toEqual([[1, 4]])
  })

  it('have members who follow their people through merges and back, whatever came in which order', async () => {
    const statement = fc.record({
      profile: fc.integer({ min: 1, max: 4 }),
      account: fc.constantFrom('a', 'b'),
      joins: fc.boolean(),
      at: fc.integer({ min: 1, max: 28 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(statement, { selector: ({ at }) => at, minLength: 1, maxLength: 12 }),
        fc.subarray([1, 2, 3]),
        async (statements, merged) => {
          const workspace = analytics.workspace()
          const read = analytics.store.in(workspace).accounts
          await analytics.store.insertEvents(
            statements.map(({ profile, account, joins, at }) =>
              said(workspace, profile, joins ? 'Account Added User' : 'Account Removed User', account, at),
            ),
            { token: token() },
          )
          const check = async (personOf: (profile: ProfileId) => ProfileId) => {
            const expected = ['a', 'b'].flatMap((account) => {
              const own = statements.filter((one) => one.account === account).sort((left, right) => left.at - right.at)
              return [...Map.groupBy(own, ({ profile }) => personOf(profile))].flatMap(([profile, said]) => {
                const lastLeave = said.findLastIndex(({ joins }) => !joins)
                const joined = said[lastLeave + 1]
                return joined === undefined ? [] : [{ type: 'account', id: account, profile, since: day(joined.at) }]
              })
            })
            const found = await Promise.all(['a', 'b'].map((id) => read.members({ type: 'account', id, limit: 100 })))
            const order = (rows: typeof expected) =>
              rows.toSorted((left, right) => left.id.localeCompare(right.id) || left.profile - right.profile)
            expect(order(found.flatMap(({ rows }) => rows) as typeof expected)).toEqual(order(expected))
          }
          await check((profile) => profile)
          await analytics.store.insertOverrides(merged.map((old) => ({ workspace, old, into: 4, version: old })))
          await check((profile) => (merged.includes(profile) ? 4 : profile))
          await analytics.store.insertOverrides(merged.map((old) => ({ workspace, old, into: old, version: 10 + old })))
          await check((profile) => profile)
        },
      ),
      { numRuns: 15 },
    )
  }, 60_000)
})
