import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics, nastyText, token } from '../analytics.fixture.ts'
import type { EventRow } from '../writer/event-format.ts'
import { rowOf } from '../writer/event-format.ts'
import type { FailedEvent } from '../writer/failed-event-format.ts'
import type { PlanBreaches } from '../writer/plan-breaches.ts'

const analytics = migratedAnalytics()
const day = (number: number, ms = 0): Date => new Date(Date.UTC(2026, 0, number) + ms)
const window = { plan: 'web', from: day(1), until: day(20) }

const missing = { kind: 'missing', rule: 'required', path: 'properties.total', expected: '', actual: '', mode: 'flag' }
const wrong = { kind: 'wrong-type', rule: 'type', path: 'properties.lines[].price', expected: 'number', actual: 'string', mode: 'flag' }
const found = (breaches: PlanBreaches['breaches'], more: Partial<PlanBreaches> = {}): PlanBreaches => ({
  ...{ plan: 'web', planVersion: 1, eventVersion: 1, type: 'track', breaches },
  ...more,
})
const stored = (workspace: string, messageId: string, at: Date, breaches?: PlanBreaches, name = 'Order'): EventRow => ({
  ...rowOf(event(workspace, 1, { messageId, name, receivedAt: at })),
  ...(breaches === undefined ? {} : { breaches }),
})
const held = (workspace: string, id: string, at: Date, says: Partial<FailedEvent> = {}): FailedEvent => ({
  ...{ id, workspace, source: 'web', state: 'open', attempt: 0, step: 0, stage: 'plan', code: 'PLAN_VIOLATION', reason: 'r' },
  ...{ event: 'Order', payload: '{}', format: 'event', messageId: `m-${id}`, receivedAt: at, batch: 1, at, actor: '' },
  ...says,
})

describe('breaches of a tracking plan', () => {
  it('are counted by rule, day and source, an event once in each, with its share and its samples', async () => {
    const workspace = analytics.workspace()
    const rows = [
      stored(workspace, 'a', day(2), found([missing, wrong])),
      stored(workspace, 'b', day(3), found([wrong])),
      stored(workspace, 'c', day(3)),
      stored(workspace, 'd', day(3), found([missing], { plan: 'other' })),
      stored(workspace, 'e', day(25), found([missing])),
    ]
    const once = token()
    for (const _ of [1, 2]) await analytics.store.insertRows(rows, { token: once })
    await analytics.store.insertFailed([held(workspace, 'f', day(4), { breaches: found([missing]) })], { token: token() })
    const read = analytics.store.in(workspace)
    const { rows: lines, next } = await read.breaches({ ...window, limit: 9 })
    expect(next).toBeUndefined()
    expect(lines.map(({ rule }) => rule).toSorted()).toEqual(['required', 'type'])
    expect(lines.find(({ rule }) => rule === 'required')).toEqual({
      ...{ source: 'web', type: 'track', event: 'Order', eventVersion: 1, planVersion: 1 },
      ...{ kind: 'missing', rule: 'required', path: 'properties.total', expected: '', actual: [], mode: 'flag' },
      ...{ events: 2, stored: 1, open: 1, discarded: 0, replayed: 0, traffic: 5 },
      days: [
        { day: '2026-01-02', events: 1 },
        { day: '2026-01-04', events: 1 },
      ],
      ...{ firstAt: day(2), lastAt: day(4), samples: [{ messageId: 'm-f', failed: 'f' }, { messageId: 'a' }] },
    })
    expect(lines.find(({ rule }) => rule === 'type')).toMatchObject({ actual: ['string'], expected: 'number', events: 2 })
    expect(await read.countBreaches(window)).toEqual({ events: 3, stored: 2, open: 1, discarded: 0, replayed: 0 })
  })

  it('follow a failed event through its attempts: the last finding counts, and none twice', async () => {
    const workspace = analytics.workspace()
    const read = analytics.store.in(workspace)
    const at = day(2)
    const write = (...rows: FailedEvent[]) => analytics.store.insertFailed(rows, { token: token() })
    const lines = async () =>
      (await read.breaches({ ...window, limit: 9 })).rows.map(({ planVersion, rule, open, discarded, replayed, events }) => [
        ...[planVersion, rule, events, open, discarded, replayed],
      ])
    await write(held(workspace, 'f', at, { breaches: found([missing]) }), held(workspace, 'g', at, { breaches: found([missing]) }))
    await write(held(workspace, 'f', at, { attempt: 1, breaches: found([missing]) }))
    expect(await lines()).toEqual([[1, 'required', 2, 2, 0, 0]])
    await write(held(workspace, 'f', at, { attempt: 2, breaches: found([wrong], { planVersion: 2 }) }))
    expect((await lines()).toSorted()).toEqual([
      [1, 'required', 1, 1, 0, 0],
      [2, 'type', 1, 1, 0, 0],
    ])
    await write(held(workspace, 'f', at, { attempt: 2, step: 1, payload: 'corrected' }))
    await write(held(workspace, 'f', at, { attempt: 3, step: 1_000_000, state: 'replayed', payload: '' }))
    await analytics.store.insertRows([stored(workspace, 'm-f', at)], { token: token() })
    await analytics.store.discardFailed({ workspace, filter: {}, actor: 'an' })
    expect((await lines()).toSorted()).toEqual([
      [1, 'required', 1, 0, 1, 0],
      [2, 'type', 0, 0, 0, 1],
    ])
    expect(await read.countBreaches(window)).toEqual({ events: 1, stored: 0, open: 0, discarded: 1, replayed: 1 })
  })

  it('go with the event: what is forgotten or beyond its retention is in no report', async () => {
    const workspace = analytics.workspace()
    const rows = ['f', 'g'].map((id) => held(workspace, id, day(id === 'f' ? 2 : 10), { breaches: found([missing]) }))
    await analytics.store.insertFailed(rows, { token: token() })
    const read = analytics.store.in(workspace)
    await analytics.store.expireFailed({ before: day(5) })
    expect((await read.breaches({ ...window, limit: 9 })).rows).toMatchObject([{ events: 1, samples: [{ failed: 'g' }] }])
    await analytics.store.forgetFailed({ workspace, ids: ['g'], from: day(10), until: day(10) })
    expect((await read.breaches({ ...window, limit: 9 })).rows).toEqual([])
  })

  it('come in pages, by every filter', async () => {
    const workspace = analytics.workspace()
    const rows = Array.from({ length: 25 }, (_, index) =>
      stored(
        workspace,
        `p-${index}`,
        day(2),
        found([{ ...missing, path: `properties.p${index % 10}` }], { planVersion: 1 + (index % 2) }),
        index < 20 ? 'Order' : 'Other',
      ),
    )
    await analytics.store.insertRows(rows, { token: token() })
    const read = analytics.store.in(workspace)
    const all: unknown[] = []
    const first = await read.breaches({ ...window, limit: 4 })
    let page = first
    for (all.push(...page.rows); page.next !== undefined; all.push(...page.rows))
      page = await read.breaches({ ...window, until: day(2), limit: 4, cursor: page.next })
    expect(all).toEqual((await read.breaches({ ...window, limit: 99 })).rows)
    expect(all).toHaveLength(15)
    const count = async (filter: object) => (await read.countBreaches({ ...window, ...filter })).events
    expect(await Promise.all([{ event: 'Other' }, { planVersion: 2 }, { source: 'app' }, { kind: 'missing' }].map(count))).toEqual([
      5, 12, 0, 25,
    ])
    expect(await Promise.all([{ rule: 'type' }, { path: 'properties.p3' }, { plan: 'none' }].map(count))).toEqual([0, 3, 0])
  })

  it('hold and find any text', async () => {
    await fc.assert(
      fc.asyncProperty(nastyText, nastyText, nastyText, async (name, path, plan) => {
        const workspace = analytics.workspace()
        const breaches = found([{ ...missing, path, rule: path }], { plan: `p${plan}` })
        await analytics.store.insertRows([stored(workspace, 'a', day(2), breaches, name)], { token: token() })
        await analytics.store.insertFailed([held(workspace, 'f', day(2), { breaches, event: name })], { token: token() })
        const [line] = (await analytics.store.in(workspace).breaches({ ...window, plan: `p${plan}`.toWellFormed(), limit: 9 })).rows
        expect(line).toMatchObject({ event: name.toWellFormed(), path: path.toWellFormed(), events: 2, traffic: 2 })
      }),
      { numRuns: 20 },
    )
  })
})

describe('a sample of events', () => {
  it('has some of each name, the same ones every time, of the window and the source', async () => {
    const workspace = analytics.workspace()
    const rows = [
      ...Array.from({ length: 300 }, (_, index) => stored(workspace, `o-${index}`, day(2, index))),
      ...Array.from({ length: 3 }, (_, index) => stored(workspace, `x-${index}`, day(3), undefined, "'; DROP TABLE events; --")),
      stored(workspace, 'late', day(25), undefined, 'Late'),
      rowOf(event(workspace, 2, { type: 'page', name: 'Home', source: 'app', receivedAt: day(2) })),
    ]
    await analytics.store.insertRows(rows, { token: token() })
    const read = analytics.store.in(workspace)
    const traffic = await read.traffic({ ...window, limit: 2 })
    expect(traffic).toEqual({
      names: [
        { type: 'track', name: 'Order', events: 300 },
        { type: 'track', name: "'; DROP TABLE events; --", events: 3 },
      ],
      allNames: 3,
    })
    expect((await read.traffic({ ...window, source: 'app', limit: 9 })).names).toEqual([{ type: 'page', name: '', events: 1 }])
    const sample = async () => {
      const names: string[] = []
      for await (const page of read.sampleEvents({ ...window, names: traffic.names, perName: 40 }))
        names.push(...page.map(({ name }) => name))
      return names
    }
    const names = await sample()
    expect(await sample()).toEqual(names)
    const orders = names.filter((name) => name === 'Order').length
    expect(orders).toBeGreaterThan(20)
    expect(orders).toBeLessThanOrEqual(40)
    expect(names.length - orders).toBe(3)
  })

  it('takes as many and as long names as there may be, and tells people apart also where nobody knows them', async () => {
    const workspace = analytics.workspace()
    const names = Array.from({ length: 200 }, (_, index) => `${index} ${'榫'.repeat(500)}`)
    const visitor = (value: string) => ({ identifiers: [{ type: 'anonymous_id', value }], receivedAt: day(2) })
    await analytics.store.insertRows(
      [
        ...names.map((name) => stored(workspace, name, day(2), undefined, name)),
        ...['a', 'a', 'b'].map((value) => rowOf(event(workspace, 0, { name: 'Unknown', ...visitor(value) }))),
        rowOf(event(workspace, 0, { name: 'Unknown', receivedAt: day(2) })),
      ],
      { token: token() },
    )
    const read = analytics.store.in(workspace)
    const traffic = await read.traffic({ ...window, limit: 201 })
    const people: number[] = []
    let known = 0
    for await (const page of read.sampleEvents({ ...window, names: traffic.names, perName: 9 }))
      for (const { name, person } of page) name === 'Unknown' ? people.push(person) : known++
    expect([traffic.names.length, known, people.length, new Set(people).size, people.includes(0)]).toEqual([201, 200, 4, 3, true])
    expect(people.every(Number.isSafeInteger)).toBe(true)
  })

  it('takes people who became one for one, also where a merge was made physical or taken back', async () => {
    const workspace = analytics.workspace()
    const people = [1, 2, 3, 4, 5, 6]
    await analytics.store.insertRows(
      [
        ...people.map((profile) => rowOf(event(workspace, profile, { name: 'Order', receivedAt: day(2) }))),
        rowOf(event(workspace, 0, { name: 'Order', receivedAt: day(2) })),
      ],
      { token: token() },
    )
    const read = analytics.store.in(workspace)
    const sampled = async () => {
      const found: number[] = []
      for await (const page of read.sampleEvents({ ...window, names: [{ type: 'track', name: 'Order', events: 7 }], perName: 9 }))
        found.push(...page.map(({ person }) => person))
      return found.toSorted((left, right) => left - right)
    }
    expect(await sampled()).toEqual([0, ...people])
    const merged = [2, 3, 4, 5].map((old) => ({ workspace, old, into: 1, version: 1 }))
    await analytics.store.insertOverrides(merged)
    expect(await sampled()).toEqual([0, 1, 1, 1, 1, 1, 6])
    await analytics.store.insertOverrides([{ workspace, old: 5, into: 5, version: 2 }])
    expect(await sampled()).toEqual([0, 1, 1, 1, 1, 5, 6])
    await analytics.store.squashPersons({ workspace, moves: [{ from: 2, into: 1, stored: [2] }] })
    await analytics.store.settleOverrides({ workspace, overrides: [{ old: 2, into: 1, version: 3 }] })
    expect(await sampled()).toEqual([0, 1, 1, 1, 1, 5, 6])
  })
})
