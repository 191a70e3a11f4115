import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics, token } from '../analytics.fixture.ts'
import { AnalyticsCursorInvalid } from '../errors.ts'

const analytics = migratedAnalytics()
const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms)

describe('events', () => {
  it('come newest first, in pages that neither repeat nor skip, also among equal times', async () => {
    const workspace = analytics.workspace()
    const stored = Array.from({ length: 25 }, (_, index) =>
      event(workspace, (index % 2) + 1, { timestamp: at(Math.floor(index / 5)), messageId: `m${index % 3}`, source: `s${index}` }),
    )
    await analytics.store.insertEvents(stored, { token: token() })
    await analytics.store.insertOverrides([{ workspace, old: 1, into: 2, version: 1 }])
    const read = analytics.store.in(workspace)
    const seen: string[] = []
    let before: string | undefined
    do {
      const page = await read.events({ profile: 1, limit: 4, ...(before === undefined ? {} : { before }) })
      if (before === undefined) await analytics.store.insertEvents([event(workspace, 2, { timestamp: at(99) })], { token: token() })
      seen.push(...page.rows.map(({ source }) => source))
      before = page.next
    } while (before !== undefined)
    const order = (left: (typeof stored)[number], right: (typeof stored)[number]): number =>
      right.timestamp.getTime() - left.timestamp.getTime() ||
      right.messageId.localeCompare(left.messageId) ||
      (right.source < left.source ? -1 : 1)
    expect(seen).toEqual(stored.toSorted(order).map(({ source }) => source))
  })

  it('can be asked for by name', async () => {
    const workspace = analytics.workspace()
    await analytics.store.insertEvents([event(workspace, 1, { name: 'A' }), event(workspace, 1, { name: "B'" })], { token: token() })
    const { rows } = await analytics.store.in(workspace).events({ profile: 1, limit: 9, names: ["B'"] })
    expect(rows.map(({ name }) => name)).toEqual(["B'"])
  })

  it.each(['', 'x', 'bnVsbA', Buffer.from('[1,2,3]').toString('base64url'), Buffer.from('["a","b","c"]').toString('base64url')])(
    'refuse the cursor %j',
    async (before) => {
      const read = analytics.store.in(analytics.workspace())
      await expect(read.events({ profile: 1, limit: 1, before })).rejects.toSatisfy(AnalyticsCursorInvalid.is)
    },
  )

  it('of nobody are counted but belong to nobody', async () => {
    const workspace = analytics.workspace()
    await analytics.store.insertEvents([event(workspace, 0, { traits: { city: 'Bath' } })], { token: token() })
    const read = analytics.store.in(workspace)
    expect(await read.countEvents()).toBe(1)
    expect(await read.countProfiles()).toBe(0)
    expect((await read.events({ profile: 0, limit: 5 })).rows).toEqual([])
    expect(await read.traits([0])).toEqual(new Map())
    expect(await read.touched({ afterBatch: 0, upToBatch: 9 })).toEqual([])
  })
})

describe('stored messages', () => {
  it('are found by message id, of all people and sources, from an instant of receipt on', async () => {
    const workspace = analytics.workspace()
    const one = (messageId: string, more: object = {}) => event(workspace, 1, { messageId, receivedAt: at(1_000), ...more })
    await analytics.store.insertEvents(
      [
        one('a'),
        one('a', { source: 'app', profile: 0, batch: 2 }),
        one("b'\\\0"),
        one('c\ud800'),
        one('old', { receivedAt: at(0) }),
        one('d'),
      ],
      { token: token() },
    )
    const asked = { messageIds: ['a', "b'\\\0", 'c\ud800', 'old', 'nobody'], receivedFrom: at(1) }
    const found = await analytics.store.in(workspace).storedMessages(asked)
    expect(found.map(({ messageId, source, batch }) => `${messageId} ${source} ${batch}`).sort()).toEqual(
      ['a app 2', 'a web 1', "b'\\\0 web 1", 'c\ufffd web 1'].sort(),
    )
    expect(await analytics.store.in(analytics.workspace()).storedMessages(asked)).toEqual([])
    const ofBatch = await analytics.store.in(workspace).storedMessages({ ...asked, batch: 2 })
    expect(ofBatch).toEqual([{ source: 'app', messageId: 'a', batch: 2 }])
  })

  it('are found among more long ids than the engine takes as one parameter', async () => {
    const workspace = analytics.workspace()
    const ids = Array.from({ length: 1_200 }, (_, index) => `${index} '${'榫'.repeat(250)}'`)
    await analytics.store.insertEvents(
      ids.filter((_, index) => index % 100 === 0).map((messageId) => event(workspace, 1, { messageId, receivedAt: at(1_000) })),
      { token: token() },
    )
    expect(await analytics.store.in(workspace).storedMessages({ messageIds: ids, receivedFrom: at(0) })).toHaveLength(12)
  })
})

describe('traits', () => {
  it('are the last value of each key by the time of the event, over all merged ids', async () => {
    const workspace = analytics.workspace()
    await analytics.store.insertEvents(
      [
        event(workspace, 1, { timestamp: at(30), traits: { city: 'Bath', plan: { name: 'gold', since: 3 } } }),
        event(workspace, 2, { timestamp: at(20), traits: { city: 'York', tags: ['a'], 'it\'s "odd"': 1 } }),
        event(workspace, 2, { timestamp: at(40), traits: { tags: ['b', '\n'] } }),
      ],
      { token: token() },
    )
    await analytics.store.insertOverrides([{ workspace, old: 1, into: 2, version: 1 }])
    const read = analytics.store.in(workspace)
    const expected = { city: 'Bath', plan: { name: 'gold', since: 3 }, tags: ['b', '\n'], 'it\'s "odd"': 1 }
    expect(await read.traits([1])).toEqual(new Map([[2, expected]]))
    expect(await read.traits([2])).toEqual(new Map([[2, expected]]))
    expect(await read.traits([2], { asOf: at(29) })).toEqual(new Map([[2, { city: 'York', tags: ['a'], 'it\'s "odd"': 1 }]]))
  })

  it('are taken away by null', async () => {
    const workspace = analytics.workspace()
    await analytics.store.insertEvents(
      [
        event(workspace, 1, { timestamp: at(1), traits: { city: 'Bath', age: 3 } }),
        event(workspace, 1, { timestamp: at(2), traits: { city: null } }),
      ],
      { token: token() },
    )
    expect(await analytics.store.in(workspace).traits([1])).toEqual(new Map([[1, { age: 3 }]]))
  })

  it('of many people come in one answer', async () => {
    const workspace = analytics.workspace()
    const everyone = Array.from({ length: 12_000 }, (_, index) => index + 1)
    await analytics.store.insertEvents(
      everyone.map((profile) => event(workspace, profile, { traits: { number: profile } })),
      {
        token: token(),
      },
    )
    const traits = await analytics.store.in(workspace).traits(everyone)
    expect(traits.size).toBe(12_000)
    expect(traits.get(11_999)).toEqual({ number: 11_999 })
  })
})

describe('touched', () => {
  it('names the people of the asked batches, each once', async () => {
    const workspace = analytics.workspace()
    const stored = [1, 1, 2, 3, 3, 4].map((profile, index) => event(workspace, profile, { batch: index + 1 }))
    await analytics.store.insertEvents(stored, { token: token() })
    const read = analytics.store.in(workspace)
    expect(await read.touched({ afterBatch: 0, upToBatch: 2 })).toEqual([1])
    expect(await read.touched({ afterBatch: 2, upToBatch: 5 })).toEqual([2, 3])
    expect(await read.touched({ afterBatch: 6, upToBatch: 9 })).toEqual([])
  })
})

describe('eventNames', () => {
  it('lists what kinds of events there are', async () => {
    const workspace = analytics.workspace()
    const stored = ['A', 'A', 'B'].map((name, index) => event(workspace, 1, { name, timestamp: at(index) }))
    await analytics.store.insertEvents(stored, { token: token() })
    expect(await analytics.store.in(workspace).eventNames()).toEqual([
      { name: 'A', type: 'track', events: 2, firstAt: at(0), lastAt: at(1) },
      { name: 'B', type: 'track', events: 1, firstAt: at(2), lastAt: at(2) },
    ])
  })
})
