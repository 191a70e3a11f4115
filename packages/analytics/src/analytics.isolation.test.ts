import type { Item } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { event, migratedAnalytics, nastyText, token } from './analytics.fixture.ts'
import type { WorkspaceAnalytics } from './analytics.ts'
import { AnalyticsUnbound } from './errors.ts'

const analytics = migratedAnalytics()
const at = new Date(Date.UTC(2026, 0, 2))
const kinds = { 'Product Viewed': { weight: 1 } }
const profiles = [1, 2, 3]
const inJanuary = { plan: 'web', from: new Date('2025-12-31T00:00:00Z'), until: new Date('2026-02-01T00:00:00Z') }

async function* noItems(): AsyncGenerator<readonly Item[]> {}

/** Everything that can be read of a workspace. Whoever adds a method adds it here: the compiler asks. */
function readings(read: WorkspaceAnalytics): Record<Exclude<keyof WorkspaceAnalytics, 'workspace'>, () => Promise<unknown>> {
  const { transitions, tagValues, accounts } = read
  const interactions = read.interactions({ items: noItems, population: { default: true, exceptions: [9] } })
  const everything = { asOf: at, kinds }
  return {
    events: () => Promise.all(profiles.map((profile) => read.events({ profile, limit: 9, names: ['Product Viewed'] }))),
    storedMessages: () =>
      read.storedMessages({ messageIds: Array.from({ length: 99 }, (_, index) => `message-${index}`), receivedFrom: new Date(0) }),
    traits: () => read.traits(profiles),
    sightings: () => Promise.all(profiles.map((profile) => read.sightings({ profile }))),
    failedEvents: () => read.failedEvents({ limit: 9, stage: 'accept' }),
    failedEvent: () => read.failedEvent('f'),
    countFailedEvents: () => read.countFailedEvents({}),
    breaches: () => read.breaches({ ...inJanuary, limit: 9 }),
    countBreaches: () => read.countBreaches(inJanuary),
    traffic: () => read.traffic({ ...inJanuary, limit: 9 }),
    sampleEvents: () =>
      collected(read.sampleEvents({ ...inJanuary, names: [{ type: 'track', name: 'Product Viewed', events: 3 }], perName: 9 })),
    countEvents: () => read.countEvents(),
    countProfiles: () => read.countProfiles(),
    eventNames: () => read.eventNames(),
    touched: () => read.touched({ afterBatch: 0, upToBatch: 9 }),
    evaluateRules: () => read.evaluateRules({ rules: [{ key: 'all', rule: { always: true } }], asOf: at }),
    measures: () =>
      collected(
        read.measures({
          measures: { views: { event: 'Product Viewed', measure: 'count' }, mark: { trait: 'mark' }, tag: { tag: 't' } },
          asOf: at,
        }),
      ),
    preview: () => read.preview({ rule: { event: 'Product Viewed', measure: 'count', gte: 1 }, asOf: at }),
    transitions: () =>
      Promise.all([
        transitions.told('vip'),
        transitions.told('vip', profiles),
        transitions.toldOf(['vip'], profiles),
        transitions.members({ segment: 'vip', limit: 9 }),
        transitions.segmentsOf(2),
        transitions.size('vip'),
      ]),
    tagValues: () =>
      Promise.all([
        tagValues.of(profiles),
        tagValues.of(profiles, ['t']),
        collected(tagValues.all('t')),
        tagValues.distribution('t'),
        tagValues.history(2, 't'),
      ]),
    accounts: () =>
      Promise.all([
        accounts.get({ type: 'account', id: 'acme' }),
        accounts.list({ limit: 9 }),
        accounts.members({ type: 'account', id: 'acme', limit: 9, left: true }),
        accounts.events({ type: 'account', id: 'acme', limit: 9 }),
        accounts.sharing({ by: ['mark'], most: 9, limit: 9 }),
        accounts.of(profiles),
      ]),
    interactions: () =>
      Promise.all([
        interactions.popularity({ ...everything, limit: 9 }),
        collected(interactions.pairs({ ...everything, gapMinutes: 30, cap: 9, perItem: 9, minPeople: 1 })),
        interactions.matrix(everything),
        collected(interactions.sessions({ ...everything, gapMinutes: 30 })),
      ]),
  }
}

async function collected<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(...page)
  return all
}

async function fill(workspace: string, mark: string): Promise<void> {
  const { store } = analytics
  const stored = [1, 1, 2].map((profile, index) =>
    event(workspace, profile, {
      timestamp: new Date(at.getTime() - 9 + index),
      traits: { mark },
      properties: { product_id: `${mark}${index}` },
    }),
  )
  const joined = event(workspace, 1, { type: 'group', name: 'group', group: { id: 'acme', traits: { mark } }, timestamp: at })
  await store.insertEvents([...stored, joined], { token: token() })
  await store.insertOverrides([{ workspace, old: 2, into: 3, version: 1 }])
  const what = { source: mark, stage: 'accept', code: 'C', reason: mark, payload: mark, format: 'source' } as const
  const when = { receivedAt: at, batch: 1, at, actor: mark, state: 'open', attempt: 0, step: 0 } as const
  const breach = { kind: 'missing', rule: 'required', path: mark, expected: '', actual: '', mode: 'flag' }
  const breaches = { plan: 'web', planVersion: 1, eventVersion: 1, type: 'track', breaches: [breach] }
  await store.insertFailed([{ id: 'f', workspace, ...what, ...when, breaches }], { token: token() })
  const { transitions, tagValues } = store.in(workspace)
  await transitions.record({ segment: 'vip', enter: [1, 2], exit: [], at, evaluation: 'the same in both' })
  await tagValues.record({ tag: 't', rows: [1, 2].map((profile) => ({ profile, value: mark })), asOf: at, evaluation: 'the same in both' })
}

const read = async (workspace: string): Promise<readonly unknown[]> => {
  const all = readings(analytics.store.in(workspace))
  return Promise.all(Object.values(all).map((reading) => reading()))
}

describe('two workspaces', () => {
  it('never see each other, whatever they are called', async () => {
    const nothing = await read(analytics.workspace())
    await fc.assert(
      fc.asyncProperty(nastyText, nastyText, async (left, right) => {
        const [one, other] = [`${left}${token()}`, `${right}${token()}`]
        await fill(one, 'one')
        const before = await read(one)
        expect(await read(other)).toEqual(nothing)
        await fill(other, 'other')
        expect(await read(one)).toEqual(before)
      }),
      { numRuns: 2 },
    )
  }, 120_000)

  it('are all told apart: every reading finds what was written', async () => {
    const workspace = analytics.workspace()
    const nothing = await read(workspace)
    await fill(workspace, 'mark')
    const something = await read(workspace)
    something.forEach((reading, index) => {
      expect(reading).not.toEqual(nothing[index])
    })
  })

  it('have names', () => {
    expect(() => analytics.store.in('')).toThrow(expect.toSatisfy(AnalyticsUnbound.is))
  })
})
