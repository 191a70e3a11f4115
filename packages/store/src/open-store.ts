import type { Health } from '@tenon/kernel'
import type { Clock, Logger } from '@tenon/kernel/contracts'
import { Kysely, PostgresDialect } from 'kysely'
import { openBackups } from './backup/open-backups.ts'
import { refuseUnfinished } from './backup/restore.ts'
import { openConnections } from './database/connections.ts'
import { fewAtOnce } from './database/few-at-once.ts'
import type { Session } from './database/session.ts'
import type { Tables } from './database/tables.ts'
import { openIngestStore } from './ingest/open-ingest-store.ts'
import { openJobs } from './jobs/open-jobs.ts'
import { openApiKeys } from './keys/open-api-keys.ts'
import { migrate, pending } from './migrations/migrate.ts'
import { inSchema, pluginPlan, schemaOf } from './migrations/plugin-database.ts'
import { ownPlan } from './migrations/steps/index.ts'
import { openWorkspaceStore } from './open-workspace-store.ts'
import type { Store } from './store.ts'
import { readVitals } from './vitals/read-vitals.ts'
import { readWork } from './vitals/read-work.ts'
import { openWorkspaces } from './workspaces/open-workspaces.ts'

export interface StoreOptions {
  /** `postgres://user:password@host:port/database`, or `socket:` and `host=` forms for a unix socket. */
  readonly databaseUrl: string
  /** 10 where absent. */
  readonly maxConnections?: number
  /** How long a call waits while Postgres starts or restarts; 30 seconds where absent. */
  readonly patienceMs?: number
  /** Of one statement; 30 seconds where absent. */
  readonly statementTimeoutMs?: number
  readonly clock: Clock
  readonly logger?: Logger
}

/**
 * The store behind an address. Connects with the first call, not here.
 *
 * @example
 * ```ts
 * const store = openStore({ databaseUrl, clock })
 * await store.migrate()
 * const profile = await store.in('main').profiles.find({ type: 'email', value: 'an@example.com' })
 * ```
 */
export function openStore(options: StoreOptions): Store {
  const { maxConnections = 10 } = options
  const connections = openConnections({
    databaseUrl: options.databaseUrl,
    maxConnections,
    patienceMs: options.patienceMs ?? 30_000,
    statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
    logger: options.logger,
  })
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: connections }) })
  const waiters = fewAtOnce(Math.max(1, Math.floor(maxConnections / 3)))
  const session: Session = { db, clock: options.clock, transactional: false, waiters }

  return Object.freeze({
    migrate: async () => {
      await refuseUnfinished(session)
      return migrate(db, ownPlan)
    },
    pending: () => pending(db, ownPlan),
    in: (workspace) => openWorkspaceStore(session, workspace),
    workspaces: openWorkspaces(session),
    keys: openApiKeys(session),
    ingest: openIngestStore(session),
    jobs: openJobs(session),
    backups: openBackups(options.databaseUrl, session),
    migratePlugin: ({ instance, migrations }) => migrate(db, pluginPlan(instance, migrations, session)),
    plugin: (instance) => inSchema(session, schemaOf(instance)),
    vitals: ({ slowS = 30 } = {}) => readVitals(session, slowS),
    work: () => readWork(session),
    health: () => healthOf(connections.probe),
    close: () => db.destroy(),
  } satisfies Store)
}

async function healthOf(probe: () => Promise<void>): Promise<Health> {
  const limit = new AbortController()
  const late = new Promise<Health>((resolve) => {
    const timer = setTimeout(resolve, PROBE_LIMIT_MS, { status: 'down', reason: `Postgres did not answer in ${PROBE_LIMIT_MS} ms` })
    limit.signal.addEventListener('abort', () => clearTimeout(timer))
  })
  const answer = probe().then(
    (): Health => ({ status: 'ok' }),
    (error: unknown): Health => ({ status: 'down', reason: error instanceof Error ? error.message || error.name : String(error) }),
  )
  return Promise.race([answer, late]).finally(() => limit.abort())
}

const PROBE_LIMIT_MS = 2000
