import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Analytics, openAnalytics } from '@tenon/analytics'
import { type Audience, createAudience } from '@tenon/audience'
import { createIngest, createStorer, type Ingest, localLog } from '@tenon/ingest'
import { use } from '@tenon/kernel'
import {
  type ConsentPolicy,
  type EventDraft,
  type Identifier,
  type IdentityPolicy,
  type Logger,
  type ProfileId,
  type Receipt,
  segmenter,
  tagger,
} from '@tenon/kernel/contracts'
import { createIdentityRules, identityConfig } from '@tenon/plugin-identity-rules'
import { segmenterRules } from '@tenon/plugin-segmenter-rules'
import { tagMeasure } from '@tenon/plugin-tag-measure'
import { createGate, type PrivacyGate } from '@tenon/privacy'
import { openStore, type Store } from '@tenon/store'
import { startTestKernel, type TestKernel, testLogger } from '@tenon/testing'
import { ephemeralStores } from '@tenon/testing/stores'
import { createIdentity, type Identity, type IdentityOptions } from './identity.ts'
import { type Fault, mortal } from './mortal.fixture.ts'

/** Marketing needs a yes; everything else is allowed until somebody objects. `context.consent.<purpose>` is what an event says. */
const policy: ConsentPolicy = {
  jurisdictions: ['*'],
  purposes: ['collect', 'profile', 'marketing'].map((purpose) => ({ purpose, label: { en: purpose }, bases: ['consent'] })),
  decide({ purpose, receipts }) {
    const last = receipts.find((receipt) => receipt.purpose === purpose)
    if (last?.state === 'granted' || (last === undefined && purpose !== 'marketing')) return { granted: true, basis: 'consent' }
    return { granted: false, reason: { code: 'NO_CONSENT', detail: {} } }
  },
  stricter: (left: Receipt, right: Receipt) => (left.state === 'granted' ? right : left),
  interpret({ value, at }) {
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).map(([purpose, said]) => ({
      ...{ purpose, state: said === true ? ('granted' as const) : ('denied' as const), basis: 'consent', notice: '1' },
      ...{ source: 'signal', at, evidence: {} },
    }))
  },
}

const needs = { taggers: tagger, segmenters: segmenter } as const
export const SEGMENT = 'viewers'
export const TAG = 'views'
const BENEFIT = 'ten-off'

/** One server process: an ingest worker with a log of its own, an identity station and an audience, with connections of their own to the stores of all. */
export interface Process {
  readonly ingest: Ingest
  readonly identity: Identity
  readonly audience: Audience
  /** It dies at the next such moment. Resolves once it is dead; it still has to be replaced. */
  dieAt(fault: Fault): Promise<void>
}

export interface ProcessOptions extends Partial<IdentityOptions> {
  readonly batchEvents?: number
  /** Waited for before each of these operations. */
  readonly before?: (operation: Fault['operation']) => Promise<void>
}

export interface World {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: PrivacyGate
  /** Goes forward by a millisecond whenever it is looked at. */
  readonly clock: { now(): Date; advance(ms: number): void }
  readonly policy: IdentityPolicy
  readonly logger: Logger
  readonly types: ReturnType<typeof createIdentityRules>['types']
  /** A workspace with a segment of everybody who viewed something, and a tag that counts it. */
  workspace(): Promise<string>
  start(options?: ProcessOptions): Promise<Process>
  stop(process: Process): Promise<void>
  /** Kills it wherever it is, with what is in its log, and starts the next one on that log. */
  replace(process: Process): Promise<Process>
  /** A station alone, on the same stores. */
  station(options?: Partial<IdentityOptions>): Identity
  /** Sends an event, which is acknowledged. `user_id:u1 email:a@b.cn` names its identifiers. */
  accept(process: Process, workspace: string, who: string, says?: Partial<EventDraft>): Promise<string>
  /** As `accept`, and waits until it is stored. */
  send(process: Process, workspace: string, who: string, says?: Partial<EventDraft>): Promise<string>
  find(workspace: string, who: string): Promise<ProfileId>
  /** Gives a coupon; answers its id. */
  give(workspace: string, profile: ProfileId): Promise<string>
  close(): Promise<void>
}

export const identifiersOf = (who: string): readonly Identifier[] =>
  who
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ type: word.slice(0, word.indexOf(':')), value: word.slice(word.indexOf(':') + 1) }))

export async function createWorld(): Promise<World> {
  const stores = await ephemeralStores()
  let ms = Date.UTC(2026, 2, 1)
  const clock = {
    now: () => new Date(ms++),
    advance(by: number) {
      ms += by
    },
  }
  const logger = testLogger()
  const store = openStore({ databaseUrl: stores.databaseUrl, clock })
  const analytics = openAnalytics({ clickhouseUrl: stores.clickhouseUrl, clock })
  await Promise.all([store.migrate(), analytics.migrate()])
  const kernel: TestKernel<typeof needs> = await startTestKernel({ plugins: [use(tagMeasure, {}), use(segmenterRules, {})], needs })
  const gate = createGate({ store, policies: new Map([['test', policy]]), clock })
  const rules = createIdentityRules(identityConfig.parse({ defaultCountry: 'CN' }))
  const running = new Map<Process, { readonly folder: string; readonly options: ProcessOptions; die(): void; close(): Promise<unknown> }>()
  let serial = 0

  const station = (options: Partial<IdentityOptions> = {}): Identity =>
    createIdentity({ store, analytics, gate, policy: rules, clock, logger, onChanged: async () => undefined, ...options })

  function known(process: Process) {
    const found = running.get(process)
    if (found === undefined) throw new Error('this process does not run')
    return found
  }

  async function startOn(folder: string, options: ProcessOptions): Promise<Process> {
    const { batchEvents = 10_000, before, ...more } = options
    const { taggers, segmenters } = kernel.needs
    const connected = {
      store: openStore({ databaseUrl: stores.databaseUrl, clock }),
      analytics: openAnalytics({ clickhouseUrl: stores.clickhouseUrl, clock }),
    }
    const { die, dieAt, through, ...own } = mortal(connected, before)
    const ingest = createIngest({
      ...{ store: own.store, sources: new Map(), keys: store.keys, clock, logger },
      log: localLog({ folder }),
      storer: createStorer({ ...own, gate, identity: rules, clock, logger, limits: { lingerMs: 0, longestPauseMs: 200, batchEvents } }),
    })
    await ingest.start()
    const audience = createAudience({ ...connected, gate, taggers, segmenters, clock, logger, lingerMs: 0 })
    const onChanged = (workspace: string, profiles: readonly ProfileId[]) =>
      through('onChanged', async () => void (await audience.evaluate({ workspace, profiles })))
    const process = { ingest, audience, identity: station({ ...own, onChanged, ...more }), dieAt }
    const close = () => Promise.all([connected.store.close(), connected.analytics.close()])
    running.set(process, { folder, options, die, close })
    return process
  }

  const world: World = {
    store,
    analytics,
    gate,
    clock,
    policy: rules,
    logger,
    types: rules.types,
    station,
    async workspace() {
      const id = `workspace-${++serial}`
      await store.workspaces.ensure({ id, name: id })
      const { definitions, benefits } = store.in(id)
      const viewed = { event: 'Product Viewed', measure: 'count' }
      await definitions.segments.put({ key: SEGMENT, kind: 'rules', label: { en: SEGMENT }, definition: { rule: { ...viewed, gte: 1 } } })
      await definitions.tags.put({ key: TAG, kind: 'measure', label: { en: TAG }, definition: { measure: viewed } })
      await definitions.benefits.put({ key: BENEFIT, kind: 'coupon', label: { en: 'Ten off' }, definition: {} })
      await benefits.limit(BENEFIT, {})
      return id
    },
    start: async (options = {}) => startOn(await mkdtemp(join(tmpdir(), 'tenon-identity-')), options),
    async stop(process) {
      await process.ingest.stop()
      await process.audience.stop()
      const { folder, close } = known(process)
      running.delete(process)
      await close()
      await rm(folder, { recursive: true, force: true })
    },
    async replace(process) {
      const { folder, options, die, close } = known(process)
      die()
      await Promise.all([process.ingest.stop({ drainMs: 0 }), process.audience.stop()])
      running.delete(process)
      await close()
      return startOn(folder, options)
    },
    async accept({ ingest }, workspace, who, says = {}) {
      const messageId = `message-${++serial}`
      const draft: EventDraft = {
        ...{ messageId, type: 'track', name: 'Product Viewed', identifiers: identifiersOf(who) },
        ...{ properties: {}, traits: {}, context: {}, timestamp: clock.now() },
        ...says,
      }
      await ingest.accept({ workspace, source: 'web', drafts: [draft], refused: [] })
      return messageId
    },
    async send(process, workspace, who, says) {
      const messageId = await world.accept(process, workspace, who, says)
      await process.ingest.idle()
      return messageId
    },
    async find(workspace, who) {
      const [identifier] = identifiersOf(who)
      const profile = identifier === undefined ? undefined : await store.in(workspace).profiles.find(identifier)
      if (profile === undefined) throw new Error(`nobody is ${who}`)
      return profile
    },
    async give(workspace, profile) {
      const number = ++serial
      const result = await store.in(workspace).benefits.command({
        ...{ benefit: BENEFIT, profile, idempotencyKey: `give-${number}`, command: 'issue', purpose: 'benefit', request: { number } },
        decide: () => ({
          ...{ ok: true, postings: [], value: 0, cost: 0, issued: 1 },
          changes: [{ grant: 'new', profile, state: 'issued', code: `CODE-${number}`, data: {} }],
        }),
      })
      const [grant] = result?.ok === true ? result.grants : []
      if (grant === undefined) throw new Error('the coupon was not given')
      return grant.id
    },
    async close() {
      for (const process of [...running.keys()]) await world.stop(process)
      await Promise.all([store.close(), analytics.close(), kernel.stop()])
      await stores.close()
    },
  }
  return world
}
