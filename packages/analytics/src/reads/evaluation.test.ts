import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics, token } from '../analytics.fixture.ts'

const analytics = migratedAnalytics()
const asOf = new Date(Date.UTC(2026, 5, 1))
const before = (days: number): Date => new Date(asOf.getTime() - days * 86_400_000)
const viewed = { event: 'Product Viewed', measure: 'count', gte: 2 } as const

async function workspaceWithViews(): Promise<string> {
  const workspace = analytics.workspace()
  const views = [1, 2, 2, 3, 4].map((profile, day) =>
    event(workspace, profile, { timestamp: before(day), traits: { city: `c${profile}` } }),
  )
  await analytics.store.insertEvents(views, { token: token() })
  await analytics.store.insertOverrides([{ workspace, old: 3, into: 4, version: 1 }])
  return workspace
}

describe('rules', () => {
  it('answer every key, for everybody, for asked profiles and for those who may be processed', async () => {
    const read = analytics.store.in(await workspaceWithViews())
    const rules = [
      { key: 'twice', rule: viewed },
      { key: 'nobody', rule: { event: 'Never', measure: 'count', gte: 1 } },
    ] as const
    const twice = async (scope: object): Promise<readonly number[] | undefined> => {
      const found = await read.evaluateRules({ rules, asOf, ...scope })
      expect([...found.keys()]).toEqual(['twice', 'nobody'])
      expect(found.get('nobody')).toEqual([])
      return found.get('twice')?.toSorted()
    }
    expect(await twice({})).toEqual([2, 4])
    expect(await twice({ profiles: [3, 1] })).toEqual([4])
    expect(await twice({ profiles: [] })).toEqual([])
    expect(await twice({ population: { default: true, exceptions: [2] } })).toEqual([4])
    expect(await twice({ population: { default: true, exceptions: [3] } })).toEqual([2])
    expect(await twice({ population: { default: false, exceptions: [2, 3] } })).toEqual([2])
    expect(await twice({ asOf: before(3) })).toEqual([4])
    expect(await twice({ asOf: before(4) })).toEqual([])
    expect(await read.evaluateRules({ rules: [], asOf })).toEqual(new Map())
  })

  it('leave asked profiles without events out where only known ones count', async () => {
    const read = analytics.store.in(await workspaceWithViews())
    const rules = [{ key: 'all', rule: { always: true } }] as const
    const all = async (scope: object) => (await read.evaluateRules({ rules, asOf, ...scope })).get('all')?.toSorted()
    expect(await all({ profiles: [1, 99] })).toEqual([1, 99])
    expect(await all({ profiles: [1, 99], knownOnly: true })).toEqual([1])
    expect(await all({ profiles: [1, 2], knownOnly: true, asOf: before(0.5) })).toEqual([2])
    const values: number[] = []
    const measures = { views: { event: 'Product Viewed', measure: 'count' } } as const
    for await (const page of read.measures({ measures, asOf, profiles: [3, 99], knownOnly: true }))
      for (const { profile } of page) values.push(profile)
    expect(values).toEqual([4])
  })

  it('are previewed with their size and some people', async () => {
    const read = analytics.store.in(await workspaceWithViews())
    const preview = await read.preview({ rule: viewed, asOf })
    expect({ ...preview, sample: preview.sample.toSorted() }).toEqual({ size: 2, sample: [2, 4] })
    expect((await read.preview({ rule: viewed, asOf, sample: 1 })).sample).toHaveLength(1)
    expect(await read.preview({ rule: { event: 'Never', measure: 'count', gte: 1 }, asOf })).toEqual({ size: 0, sample: [] })
  })
})

describe('measures', () => {
  it('come for everybody and for asked profiles, without those that have no value', async () => {
    const read = analytics.store.in(await workspaceWithViews())
    const measures = { views: { event: 'Product Viewed', measure: 'count' }, last: { event: 'Never', measure: 'recency' } } as const
    const values = async (scope: object): Promise<ReadonlyMap<number, object>> => {
      const found = new Map<number, object>()
      for await (const page of read.measures({ measures, asOf, ...scope }))
        for (const { profile, values: own } of page) found.set(profile, own)
      return found
    }
    expect(await values({})).toEqual(
      new Map([
        [1, { views: 1 }],
        [2, { views: 2 }],
        [4, { views: 2 }],
      ]),
    )
    expect(await values({ profiles: [3] })).toEqual(new Map([[4, { views: 2 }]]))
    expect(await values({ profiles: [] })).toEqual(new Map())
  })
})
