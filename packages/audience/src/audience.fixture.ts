import { type Analytics, openAnalytics, type StoredEvent } from '@tenon/analytics'
import { type InstanceId, use } from '@tenon/kernel'
import { consentPolicy, type ProfileId, type Rule, type Segmenter, segmenter, type Tagger, tagger } from '@tenon/kernel/contracts'
import { consentBasic } from '@tenon/plugin-consent-basic'
import { segmenterRules } from '@tenon/plugin-segmenter-rules'
import { tagMeasure } from '@tenon/plugin-tag-measure'
import { tagRfm } from '@tenon/plugin-tag-rfm'
import { createGate, type PrivacyGate } from '@tenon/privacy'
import { openStore, type Store } from '@tenon/store'
import { fake, startTestKernel, type TestClock, type TestKernel, testClock, testLogger } from '@tenon/testing'
import { ephemeralStores } from '@tenon/testing/stores'
import { afterAll, beforeAll } from 'vitest'
import { z } from 'zod'
import { type Audience, type AudienceOptions, createAudience } from './audience.ts'
import type { LiveSegment } from './definitions/live.ts'

export const DAY = 86_400_000

const needs = { policies: consentPolicy, taggers: tagger, segmenters: segmenter } as const

/** Real stores, the real gate, and real plugins behind their guards; time and faults are the test's. */
export interface World {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: PrivacyGate
  readonly clock: TestClock
  readonly logger: ReturnType<typeof testLogger>
  /** Also the kind `rfm`, whose preset is there from the start. */
  readonly taggersWithRfm: ReadonlyMap<InstanceId, Tagger>
  readonly segmenters: ReadonlyMap<InstanceId, Segmenter>
  /** A station as one process has it. */
  station(options?: Partial<AudienceOptions>): Audience
  /** A workspace of its own for each test. */
  workspace(): Promise<string>
  people(workspace: string, count: number): Promise<readonly ProfileId[]>
  /** Stores one event now and answers its batch. */
  event(workspace: string, profile: ProfileId, says?: Partial<StoredEvent>): Promise<number>
  /** Joins two people, in the ledger and in the analytics. */
  merge(workspace: string, into: ProfileId, from: ProfileId): Promise<void>
  say(workspace: string, profile: ProfileId, purpose: string, state: 'granted' | 'withdrawn'): Promise<void>
  /** The members of a segment. */
  members(workspace: string, segment: string): Promise<readonly ProfileId[]>
  /** The whole log of transitions, in the order of its feed: `+segment 7`. */
  feed(workspace: string): Promise<readonly string[]>
  values(workspace: string, profile: ProfileId): Promise<Readonly<Record<string, unknown>>>
}

export function world(): World {
  const clock = testClock(new Date('2026-03-01T12:00:00Z'))
  const logger = testLogger()
  let open: { store: Store; analytics: Analytics; gate: PrivacyGate; kernel: TestKernel<typeof needs>; close(): Promise<void> } | undefined
  const stations = new Set<Audience>()
  let serial = 0

  beforeAll(async () => {
    const stores = await ephemeralStores()
    const store = openStore({ databaseUrl: stores.databaseUrl, clock })
    const analytics = openAnalytics({ clickhouseUrl: stores.clickhouseUrl, clock })
    await Promise.all([store.migrate(), analytics.migrate()])
    const plugins = [use(consentBasic, {}), use(tagMeasure, {}), use(tagRfm, {}), use(segmenterRules, {}), fake(tagger, tiers)]
    const kernel = await startTestKernel({ plugins, needs })
    const gate = createGate({ store, policies: kernel.needs.policies, clock })
    const close = async () => {
      for (const station of stations) await station.stop()
      await Promise.all([store.close(), analytics.close(), kernel.stop()])
      await stores.close()
    }
    open = { store, analytics, gate, kernel, close }
  })
  afterAll(() => open?.close())
  const here = () => {
    if (open === undefined) throw new Error('the world opens before the first test')
    return open
  }

  return {
    clock,
    logger,
    get store() {
      return here().store
    },
    get analytics() {
      return here().analytics
    },
    get gate() {
      return here().gate
    },
    get segmenters() {
      return here().kernel.needs.segmenters
    },
    get taggersWithRfm() {
      return here().kernel.needs.taggers
    },
    station(options = {}) {
      const { store, analytics, gate, kernel } = here()
      const { segmenters } = kernel.needs
      const taggers = new Map([...kernel.needs.taggers].filter(([, { kind }]) => kind !== 'rfm'))
      const station = createAudience({ store, analytics, gate, taggers, segmenters, clock, logger, lingerMs: 0, ...options })
      stations.add(station)
      return station
    },
    async workspace() {
      const id = `workspace-${++serial}`
      await here().store.workspaces.ensure({ id, name: id })
      return id
    },
    people: (workspace, count) => here().store.in(workspace).profiles.create(count),
    async event(workspace, profile, says = {}) {
      const number = ++serial
      const event: StoredEvent = {
        ...{ workspace, profile, batch: number, messageId: `message-${number}`, source: 'web', type: 'track', name: 'Order Completed' },
        ...{ identifiers: [], properties: {}, traits: {}, context: {}, timestamp: clock.now(), receivedAt: clock.now() },
        ...says,
      }
      await here().analytics.insertEvents([event], { token: `event-${number}` })
      return event.batch
    },
    async merge(workspace, into, from) {
      const { store, analytics } = here()
      const merge = { into, from: [from], rule: 'test', source: 'test', messageId: `merge-${++serial}`, at: clock.now(), evidence: {} }
      const entries = await store.in(workspace).profiles.merge(merge)
      const rows = entries.flatMap(({ id, winner, loser, members }) =>
        [loser, ...members].map((old) => ({ workspace, old, into: winner, version: id })),
      )
      await analytics.insertOverrides(rows)
    },
    async say(workspace, profile, purpose, state) {
      const receipt = { purpose, state, basis: 'consent', notice: '1', source: 'test', at: clock.now(), evidence: {} } as const
      const outcome = await here().gate.record(workspace, profile, [receipt])
      if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems))
    },
    members: (workspace, segment) => here().analytics.in(workspace).transitions.told(segment),
    async feed(workspace) {
      const { transitions } = here().analytics.in(workspace)
      const told: string[] = []
      for (let after: string | undefined; ; ) {
        const page = await transitions.since({ limit: 7, ...(after === undefined ? {} : { after }) })
        if (page.rows.length === 0) return told
        told.push(...page.rows.map(({ entered, segment, profile }) => `${entered ? '+' : '-'}${segment} ${profile}`))
        after = page.cursor
      }
    },
    async values(workspace, profile) {
      const tags = await here().analytics.in(workspace).tagValues.of([profile])
      return Object.fromEntries(Object.entries([...tags.values()][0] ?? {}).map(([tag, { value }]) => [tag, value]))
    },
  }
}

const tiersDefinition = z.strictObject({ big: z.int().positive() })

/** A kind of tag by cases: `big` from so many orders, `small` from one. */
const tiers: Tagger = {
  kind: 'tiers',
  definition: tiersDefinition,
  presets: [],
  plan: ({ key, label, definition }) => ({
    how: 'cases',
    tag: { key, label, type: 'string' },
    cases: [
      { when: ordersAtLeast(tiersDefinition.parse(definition).big), value: 'big' },
      { when: ordersAtLeast(1), value: 'small' },
    ],
  }),
}

export const ordersAtLeast = (count: number, last?: string): Rule => ({
  event: 'Order Completed',
  measure: 'count',
  gte: count,
  ...(last === undefined ? {} : { within: { last } }),
})

export async function defineRule(station: Audience, workspace: string, key: string, rule: Rule): Promise<LiveSegment> {
  const definition = { rule: JSON.parse(JSON.stringify(rule)) }
  const outcome = await station.putSegment(workspace, { key, kind: 'rules', label: { en: key }, definition })
  if (!outcome.ok) throw new Error(JSON.stringify(outcome))
  return outcome.live
}

/** Puts a segment of kind `rules` and evaluates it, as the API does. */
export async function putRule(station: Audience, workspace: string, key: string, rule: Rule): Promise<void> {
  await station.evaluate({ workspace, only: await defineRule(station, workspace, key, rule) })
}

export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 600; tries++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('it did not become so')
}
