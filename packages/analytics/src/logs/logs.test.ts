import { describe, expect, it } from 'vitest'
import { migratedAnalytics } from '../analytics.fixture.ts'

const analytics = migratedAnalytics()
const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms)

describe('transitions', () => {
  it('say who is a member by the last of each person', async () => {
    const { transitions } = analytics.store.in(analytics.workspace())
    await transitions.record({ segment: 'vip', enter: [3, 1, 2], exit: [], at: at(1), evaluation: 'one' })
    await transitions.record({ segment: 'vip', enter: [4], exit: [1], at: at(2), evaluation: 'two' })
    await transitions.record({ segment: 'new', enter: [1], exit: [], at: at(2), evaluation: 'two' })
    expect(await transitions.told('vip')).toEqual([2, 3, 4])
    expect(await transitions.told('vip', [1, 3, 99])).toEqual([3])
    expect(await transitions.told('vip', [])).toEqual([])
    expect(await transitions.toldOf(['vip', 'new', 'none'])).toEqual(
      new Map([
        ['vip', [2, 3, 4]],
        ['new', [1]],
      ]),
    )
    expect(await transitions.size('vip')).toBe(3)
    expect(await transitions.size('none')).toBe(0)
    expect(await transitions.segmentsOf(4)).toEqual([{ segment: 'vip', since: at(2) }])
  })

  it('record an evaluation once', async () => {
    const { transitions } = analytics.store.in(analytics.workspace())
    const first = { segment: 'vip', enter: [1], exit: [], at: at(1), evaluation: 'first' }
    await transitions.record(first)
    await transitions.record({ segment: 'vip', enter: [], exit: [1], at: at(1), evaluation: 'second' })
    await transitions.record(first)
    expect(await transitions.told('vip')).toEqual([])
  })

  it('record an evaluation without transitions', async () => {
    const { transitions } = analytics.store.in(analytics.workspace())
    await transitions.record({ segment: 'vip', enter: [], exit: [], at: at(1), evaluation: 'none' })
    expect(await transitions.told('vip')).toEqual([])
  })

  it('order evaluations by their instants and not by when they were recorded', async () => {
    const { transitions } = analytics.store.in(analytics.workspace())
    await transitions.record({ segment: 'vip', enter: [1], exit: [], at: at(9), evaluation: 'late' })
    await transitions.record({ segment: 'vip', enter: [], exit: [1], at: at(5), evaluation: 'early' })
    expect(await transitions.told('vip')).toEqual([1])
  })

  it('pass to the survivor of a merge: the last transition of either holds', async () => {
    const workspace = analytics.workspace()
    const { transitions } = analytics.store.in(workspace)
    await transitions.record({ segment: 'inherited', enter: [1], exit: [], at: at(2), evaluation: 'e' })
    await transitions.record({ segment: 'left', enter: [2], exit: [], at: at(1), evaluation: 'e1' })
    await transitions.record({ segment: 'left', enter: [1], exit: [], at: at(1), evaluation: 'e2' })
    await transitions.record({ segment: 'left', enter: [], exit: [1], at: at(2), evaluation: 'e3' })
    await analytics.store.insertOverrides([{ workspace, old: 1, into: 2, version: 1 }])
    expect(await transitions.told('inherited')).toEqual([2])
    expect(await transitions.told('inherited', [2])).toEqual([2])
    expect(await transitions.told('left')).toEqual([])
    expect(await transitions.segmentsOf(1)).toEqual([{ segment: 'inherited', since: at(2) }])
  })

  it('are read since a position, each once, whatever is recorded and merged in between', async () => {
    const workspace = analytics.workspace()
    const { transitions } = analytics.store.in(workspace)
    const record = (segment: string, position: number, enter: readonly number[], exit: readonly number[] = []) =>
      transitions.record({ segment, enter, exit, at: at(position), evaluation: `${segment} ${position}`, recordedAt: at(position) })
    expect(await transitions.since({ limit: 10 })).toEqual({ rows: [], cursor: undefined })
    await record('vip', 1, [3, 1, 2])
    await record('new', 2, [1])
    const read: string[] = []
    let cursor: string | undefined
    const next = async (limit: number): Promise<number> => {
      const page = await transitions.since({ limit, ...(cursor === undefined ? {} : { after: cursor }) })
      for (const { profile, segment, entered, at: when } of page.rows)
        read.push(`${when.getTime() - at(0).getTime()} ${segment} ${entered ? '+' : '-'}${profile}`)
      cursor = page.cursor
      return page.rows.length
    }
    expect(await next(2)).toBe(2)
    await analytics.store.insertOverrides([{ workspace, old: 1, into: 9, version: 1 }])
    expect(await next(1)).toBe(1)
    await record('vip', 3, [4], [2])
    expect(await next(10)).toBe(3)
    const end = cursor
    expect(await next(10)).toBe(0)
    expect(cursor).toBe(end)
    expect(read).toEqual(['1 vip +1', '1 vip +2', '1 vip +3', '2 new +9', '3 vip -2', '3 vip +4'])
    await expect(transitions.since({ after: 'nonsense', limit: 1 })).rejects.toMatchObject({ code: 'TENON_ANALYTICS_CURSOR_INVALID' })
    expect(await transitions.segments()).toEqual(['new', 'vip'])
    await record('new', 4, [], [9])
    expect(await transitions.segments()).toEqual(['vip'])
  })

  it('list members in pages', async () => {
    const { transitions } = analytics.store.in(analytics.workspace())
    await transitions.record({ segment: 'vip', enter: [5, 3, 1], exit: [], at: at(1), evaluation: 'e' })
    const first = await transitions.members({ segment: 'vip', limit: 2 })
    expect(first.rows).toEqual([
      { profile: 1, since: at(1) },
      { profile: 3, since: at(1) },
    ])
    expect(await transitions.members({ segment: 'vip', limit: 2, cursor: first.next ?? '' })).toEqual({
      rows: [{ profile: 5, since: at(1) }],
    })
  })
})

describe('tag values', () => {
  const values = [true, false, 0, -1.5, 1e300, '', "it's {x:Y} \\ \t", ['b', "a'"], [], at(7)] as const

  it('come back as they were', async () => {
    const { tagValues } = analytics.store.in(analytics.workspace())
    const rows = values.map((value, index) => ({ profile: index + 1, value, reasons: [{ code: 'why', detail: { index } }] }))
    await tagValues.record({ tag: 'any', rows, asOf: at(1), evaluation: 'e' })
    const read = await tagValues.of(rows.map(({ profile }) => profile))
    for (const { profile, value, reasons } of rows) expect(read.get(profile)).toEqual({ any: { value, at: at(1), reasons } })
  })

  it('know what they were at any time, and when they were taken away', async () => {
    const { tagValues } = analytics.store.in(analytics.workspace())
    await tagValues.record({ tag: 'tier', rows: [{ profile: 1, value: 'silver' }], asOf: at(10), evaluation: 'a' })
    await tagValues.record({ tag: 'tier', rows: [{ profile: 1, value: 'gold' }], asOf: at(20), evaluation: 'b' })
    await tagValues.record({ tag: 'tier', rows: [{ profile: 1 }], asOf: at(30), evaluation: 'c' })
    const then = async (ms: number) => (await tagValues.of([1], ['tier'], { asOf: at(ms) })).get(1)?.tier?.value
    expect(await Promise.all([9, 10, 19, 20, 29, 30].map(then))).toEqual([undefined, 'silver', 'silver', 'gold', 'gold', undefined])
    expect(await tagValues.of([1])).toEqual(new Map())
    expect(await tagValues.history(1, 'tier')).toEqual([
      { at: at(30), reasons: [] },
      { value: 'gold', at: at(20), reasons: [] },
      { value: 'silver', at: at(10), reasons: [] },
    ])
  })

  it('record an evaluation once, and let a later one of the same instant hold', async () => {
    const { tagValues } = analytics.store.in(analytics.workspace())
    const first = { tag: 'tier', rows: [{ profile: 1, value: 'silver' }], asOf: at(1), evaluation: 'a' }
    await tagValues.record(first)
    await tagValues.record({ tag: 'tier', rows: [{ profile: 1, value: 'gold' }], asOf: at(1), evaluation: 'b' })
    await tagValues.record(first)
    expect((await tagValues.of([1])).get(1)?.tier?.value).toBe('gold')
    expect(await tagValues.history(1, 'tier')).toHaveLength(2)
  })

  it('are those of the survivor after a merge: the newest holds', async () => {
    const workspace = analytics.workspace()
    const { tagValues } = analytics.store.in(workspace)
    const rows = (profile: number, value: string) => [{ profile, value }]
    await tagValues.record({ tag: 'tier', rows: rows(1, 'gold'), asOf: at(2), evaluation: 'a' })
    await tagValues.record({ tag: 'tier', rows: rows(2, 'silver'), asOf: at(1), evaluation: 'b' })
    await analytics.store.insertOverrides([{ workspace, old: 1, into: 2, version: 1 }])
    expect([...(await tagValues.of([1])).entries()].map(([profile, tags]) => [profile, tags.tier?.value])).toEqual([[2, 'gold']])
  })

  it('name the tags that somebody has a value of', async () => {
    const { tagValues } = analytics.store.in(analytics.workspace())
    await tagValues.record({ tag: 'kept', rows: [{ profile: 1, value: 1 }], asOf: at(1), evaluation: 'a' })
    await tagValues.record({ tag: 'lost', rows: [{ profile: 1, value: 1 }], asOf: at(1), evaluation: 'a' })
    await tagValues.record({ tag: 'lost', rows: [{ profile: 1 }], asOf: at(2), evaluation: 'b' })
    expect(await tagValues.tags()).toEqual(['kept'])
  })

  it('are counted by value, lists by each of their members', async () => {
    const { tagValues } = analytics.store.in(analytics.workspace())
    const given = ['a', 'a', 'b', true, 3, ['a', 'c', 'c']]
    await tagValues.record({ tag: 't', rows: given.map((value, index) => ({ profile: index + 1, value })), asOf: at(1), evaluation: 'e' })
    expect(await tagValues.distribution('t')).toEqual([
      { value: 'a', people: 3 },
      { value: true, people: 1 },
      { value: 3, people: 1 },
      { value: 'b', people: 1 },
      { value: 'c', people: 1 },
    ])
    let people = 0
    for await (const page of tagValues.all('t')) people += page.length
    expect(people).toBe(6)
  })
})
