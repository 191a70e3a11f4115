import { type Analytics, openAnalytics } from '@tenon/analytics'
import type { Clock, ConsentPolicy, Logger, PushSource, Receipt } from '@tenon/kernel/contracts'
import { createIdentityRules, identityConfig } from '@tenon/plugin-identity-rules'
import { createSegmentSource, segmentConfig } from '@tenon/plugin-source-segment'
import { createGate } from '@tenon/privacy'
import { openStore, type Store } from '@tenon/store'
import { ephemeralStores } from '@tenon/testing/stores'
import type { AcceptLimits } from './accept/limits.ts'
import { createIngest, type Ingest, type IngestOptions } from './ingest.ts'
import { type LogKind, localKind } from './log/log-places.fixture.ts'
import { storedApart } from './storing/apart.fixture.ts'
import { createStorer, type Storer, type StorerOptions } from './storing/storer.ts'
import type { WorkerLimits } from './worker/stored-log.ts'

export const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** Collecting is allowed until somebody objects; `context.consent.collect` is what an event says about it. */
export const policy: ConsentPolicy = {
  jurisdictions: ['*'],
  purposes: [{ purpose: 'collect', label: { en: 'Keep events' }, bases: ['legitimate-interest'] }],
  decide({ purpose, receipts }) {
    const last = receipts.find((receipt) => receipt.purpose === purpose)
    if (last === undefined || last.state === 'granted') return { granted: true, basis: 'legitimate-interest' }
    return { granted: false, reason: { code: 'objected', detail: {} } }
  },
  stricter: (left: Receipt, right: Receipt) => (left.state === 'granted' ? right : left),
  interpret({ value, at }) {
    if (typeof value !== 'object' || value === null || !('collect' in value)) return []
    const state = value.collect === true ? 'granted' : 'denied'
    return [{ purpose: 'collect', state, basis: 'consent', notice: '1', source: 'signal', at, evidence: {} }]
  },
}

/** What can fail. */
export type Operation =
  | 'openBatch'
  | 'judgeBatch'
  | 'closeBatch'
  | 'position'
  | 'forgottenBefore'
  | 'listPendingOverrides'
  | 'markOverridesWritten'
  | 'insertRows'
  | 'insertFailed'
  | 'insertOverrides'

/** What fails, and how: stands before a real store. */
export type Sabotage = (operation: Operation) => 'before' | 'after' | undefined

export interface World {
  readonly databaseUrl: string
  readonly clickhouseUrl: string
  readonly store: Store
  readonly analytics: Analytics
  /** The streams of the log in the store, once it was opened. */
  readonly streams: readonly string[]
  readonly workspaces: readonly [string, string]
  /** The write key of a workspace. */
  key(workspace: string): string
  /** A server process, as far as ingest is concerned: each has the same stores and the same log. */
  start(more?: ProcessOptions): Promise<Ingest>
  send(
    ingest: Ingest,
    path: string,
    body: unknown,
    more?: { readonly workspace?: string; readonly headers?: Record<string, string> },
  ): Promise<Response>
  now: Date
  sabotage: Sabotage
  /** Takes the server of the log away; what it returns brings it back. */
  cutLog(): Promise<() => Promise<void>>
  /** Ends whatever runs, and every fault. */
  halt(): Promise<void>
  close(): Promise<void>
}

/** What is special about a process: of ingest, and of its storer. */
export interface ProcessOptions extends Partial<Omit<IngestOptions, 'limits'> & Omit<StorerOptions, 'limits'>> {
  readonly budgetBytes?: number
  readonly limits?: Partial<AcceptLimits & WorkerLimits>
  /** Stands before its storer. */
  readonly around?: (storer: Storer) => Storer
}

/** Real stores, real plugins, a real gate; a clock and faults of the test. */
export async function createWorld(kind: LogKind = localKind): Promise<World> {
  const stores = await ephemeralStores()
  const time = { now: new Date('2026-03-01T12:00:00.000Z') }
  const clock: Clock = { now: () => new Date(time.now) }
  const store = openStore({ databaseUrl: stores.databaseUrl, clock })
  const analytics = openAnalytics({ clickhouseUrl: stores.clickhouseUrl, clock, insertRetries: { attempts: 1, firstMs: 1, longestMs: 1 } })
  await Promise.all([store.migrate(), analytics.migrate()])
  const workspaces = ['shop', 'other'] as const
  for (const id of workspaces) {
    await store.workspaces.ensure({ id, name: id })
    await store.keys.ensure({ workspace: id, kind: 'write', name: 'test', source: 'web', secret: `key-of-${id}` })
  }
  const place = await kind.place()
  const openSame = place.make()
  let streams: readonly string[] = []
  const running = new Set<Ingest>()
  const gate = createGate({ store, policies: new Map([['test', policy]]), clock })
  const sources: ReadonlyMap<string, PushSource> = new Map([['web', createSegmentSource(segmentConfig.parse({}))]])

  const world: World = {
    databaseUrl: stores.databaseUrl,
    clickhouseUrl: stores.clickhouseUrl,
    store,
    analytics,
    workspaces,
    get streams() {
      return streams
    },
    get now() {
      return time.now
    },
    set now(now) {
      time.now = now
    },
    sabotage: () => undefined,
    key: (workspace) => `key-of-${workspace}`,
    async start({ budgetBytes, around = (storer: Storer) => storer, ...more } = {}) {
      const options = {
        store: sabotaged(store, () => world.sabotage),
        analytics: sabotagedAnalytics(analytics, () => world.sabotage),
        ...{ gate, sources, clock, keys: store.keys, logger: quiet, holdMs: 1_000 },
        log: async () => {
          const opened = await openSame(budgetBytes === undefined ? {} : { budgetBytes })()
          streams = opened.logs.map(({ id }) => `${opened.prefix}:${id}`)
          return opened
        },
        identity: createIdentityRules(identityConfig.parse({ defaultCountry: 'CN' })),
        ...more,
        limits: { lingerMs: 0, longestPauseMs: 200, ...more.limits },
      }
      const here = around(createStorer(options))
      const { folder = '' } = openSame
      const ingest = createIngest({ storer: kind.apart ? storedApart(folder, here) : here, ...options })
      await ingest.start()
      running.add(ingest)
      return ingest
    },
    async send(ingest, path, body, { workspace = 'shop', headers = {} } = {}) {
      const request = new Request(`http://tenon.test${path}`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`key-of-${workspace}:`)}`, ...headers },
        body: body instanceof Uint8Array ? Buffer.from(body) : typeof body === 'string' ? body : JSON.stringify(body),
      })
      const response = await ingest.handle(request)
      if (response === undefined) throw new Error(`nobody serves ${path}`)
      return response
    },
    cutLog: place.cut,
    async halt() {
      world.sabotage = () => undefined
      for (const ingest of running) await ingest.stop({ drainMs: 0 })
      running.clear()
    },
    async close() {
      await world.halt()
      await Promise.all([store.close(), analytics.close()])
      await stores.close()
      await place.close()
    },
  }
  return world
}

class Cut extends Error {
  readonly code = 'ECONNRESET'
}

async function through<T>(operation: Operation, sabotage: () => Sabotage, run: () => Promise<T>): Promise<T> {
  const when = sabotage()(operation)
  if (when === 'before') throw new Cut(`cut before ${operation}`)
  const result = await run()
  if (when === 'after') throw new Cut(`cut after ${operation}`)
  return result
}

function sabotaged(store: Store, sabotage: () => Sabotage): Store {
  const { ingest } = store
  return {
    ...store,
    ingest: {
      ...ingest,
      openBatch: (request) => through('openBatch', sabotage, () => ingest.openBatch(request)),
      judgeBatch: (request) => through('judgeBatch', sabotage, () => ingest.judgeBatch(request)),
      closeBatch: (request) => through('closeBatch', sabotage, () => ingest.closeBatch(request)),
      position: (stream) => through('position', sabotage, () => ingest.position(stream)),
      progress: (streams) => through('position', sabotage, () => ingest.progress(streams)),
      forgottenBefore: () => through('forgottenBefore', sabotage, () => ingest.forgottenBefore()),
      listPendingOverrides: (request) => through('listPendingOverrides', sabotage, () => ingest.listPendingOverrides(request)),
      markOverridesWritten: (merges) => through('markOverridesWritten', sabotage, () => ingest.markOverridesWritten(merges)),
    },
  }
}

export function sabotagedAnalytics(analytics: Analytics, sabotage: () => Sabotage): Analytics {
  return {
    ...analytics,
    insertRows: (rows, write) => through('insertRows', sabotage, () => analytics.insertRows(rows, write)),
    insertFailed: (rows, write) => through('insertFailed', sabotage, () => analytics.insertFailed(rows, write)),
    insertOverrides: (rows, write) => through('insertOverrides', sabotage, () => analytics.insertOverrides(rows, write)),
  }
}
