import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Analytics, openAnalytics } from '@tenon/analytics'
import { createIngest, createStorer, type Ingest, localLog } from '@tenon/ingest'
import type { ConsentPolicy, Logger } from '@tenon/kernel/contracts'
import { createIdentityRules, identityConfig } from '@tenon/plugin-identity-rules'
import { createGate } from '@tenon/privacy'
import { openStore, type Store } from '@tenon/store'
import { createImports, type Imports, type ImportsOptions } from './imports.ts'

const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** Keeping events is everybody's legitimate interest here. */
const policy: ConsentPolicy = {
  jurisdictions: ['*'],
  purposes: [{ purpose: 'collect', label: { en: 'Keep events' }, bases: ['legitimate-interest'] }],
  decide: () => ({ granted: true, basis: 'legitimate-interest' }),
  stricter: (left) => left,
  interpret: () => [],
}

export interface ImportWorld {
  readonly store: Store
  readonly analytics: Analytics
  readonly ingest: Ingest
  readonly imports: Imports
  readonly folder: string
  close(): Promise<void>
}

export interface ImportWorldOptions {
  readonly databaseUrl: string
  readonly clickhouseUrl: string
  /** Of the log, the uploads and the import folder. */
  readonly dir: string
  readonly connections?: ImportsOptions['rights']['connections']
  readonly hosts?: readonly string[]
  /** Below `dir` where absent. */
  readonly scratchDir?: string
  /** What imports put their rows into; the log of this world where absent. */
  readonly ingestOf?: (ingest: Ingest) => ImportsOptions['ingest']
  /** Told of what the station of imports logs as an error. */
  readonly onError?: () => void
}

/** A process that imports, on stores that exist. */
export async function openImportWorld(options: ImportWorldOptions): Promise<ImportWorld> {
  const { databaseUrl, clickhouseUrl, dir } = options
  const clock = { now: () => new Date() }
  const store = openStore({ databaseUrl, clock })
  const analytics = openAnalytics({ clickhouseUrl, clock })
  await Promise.all([store.migrate(), analytics.migrate()])
  for (const id of ['shop', 'other']) await store.workspaces.ensure({ id, name: id })
  const folder = join(dir, 'files')
  await mkdir(folder, { recursive: true })
  const storer = createStorer({
    ...{ store, analytics, clock, logger: quiet },
    gate: createGate({ store, policies: new Map([['test', policy]]), clock }),
    identity: createIdentityRules(identityConfig.parse({ defaultCountry: 'GB' })),
    limits: { lingerMs: 0 },
  })
  const ingest = createIngest({
    ...{ store, storer, clock, logger: quiet, sources: new Map(), keys: store.keys },
    log: localLog({ folder: join(dir, 'log'), logger: quiet }),
  })
  const { connections = new Map(), hosts = [], scratchDir = join(dir, 'scratch'), ingestOf, onError = () => undefined } = options
  const imports = createImports({
    ...{ store, ingest: ingestOf?.(ingest) ?? ingest, clock, logger: { ...quiet, error: onError }, scratchDir },
    rights: { folder, uploads: join(dir, 'uploads'), hosts, connections },
    limits: { leaseMs: 1_000, pollMs: 100 },
  })
  await ingest.start()
  imports.start()
  return {
    ...{ store, analytics, ingest, imports, folder },
    async close() {
      await imports.stop()
      await ingest.stop({ drainMs: 0 })
      await Promise.all([store.close(), analytics.close()])
    },
  }
}

/** Polls until there is something. */
export async function until<T>(probe: () => Promise<T | undefined>, withinMs = 60_000): Promise<T> {
  for (let waited = 0; waited < withinMs; waited += 20) {
    const found = await probe()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`nothing within ${withinMs} ms`)
}

/** What an import became, in a form that can be compared. */
export async function outcomeOf(
  { analytics }: Pick<ImportWorld, 'analytics'>,
  store: Store,
  workspace: string,
  users: readonly string[],
): Promise<{ readonly events: readonly string[]; readonly failed: readonly string[]; readonly stored: number }> {
  const reads = analytics.in(workspace)
  const events: string[] = []
  for (const value of users) {
    const profile = await store.in(workspace).profiles.find({ type: 'user_id', value })
    if (profile === undefined) continue
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const page = await reads.events({ profile, limit: 1_000, ...(cursor === '' ? {} : { cursor }) })
      events.push(...page.rows.map(({ name, timestamp, properties }) => JSON.stringify([name, timestamp, properties])))
      cursor = page.next
    }
  }
  const failed: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = await reads.failedEvents({ limit: 1_000, ...(cursor === '' ? {} : { cursor }) })
    failed.push(...page.rows.map(({ stage, code, payload }) => JSON.stringify([stage, code, payload])))
    cursor = page.next
  }
  return { events: events.sort(), failed: failed.sort(), stored: await reads.countEvents() }
}
