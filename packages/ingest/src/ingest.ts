import { setTimeout as delay } from 'node:timers/promises'
import type { Analytics } from '@tenon/analytics'
import type { Health, InstanceId } from '@tenon/kernel'
import { errorCode } from '@tenon/kernel'
import type { Clock, IdentityPolicy, Logger, ProfileId, PushSource } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { type Acceptance, type AcceptOutcome, createAcceptor } from './accept/acceptor.ts'
import { cacheKeys, type FindKey } from './accept/key-cache.ts'
import { type AcceptLimits, DEFAULT_LIMITS } from './accept/limits.ts'
import { createPushHandler } from './accept/push-handler.ts'
import { createRouter } from './accept/router.ts'
import { LogBehindStore, LogCorrupt } from './errors.ts'
import type { IngestGate } from './gate.ts'
import { createIdentityCache } from './identity/identity-cache.ts'
import type { EventLog } from './log/event-log.ts'
import { holdable, type LogHold } from './log/log-hold.ts'
import { type LogOptions, openLog } from './log/open-log.ts'
import type { Transformations } from './transform/transform-events.ts'
import { createProgress, type IngestStats } from './worker/progress.ts'
import { DEFAULT_WORKER_LIMITS, runWorker, type WorkerLimits } from './worker/worker.ts'

export interface IngestOptions {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: IngestGate
  readonly identity: IdentityPolicy
  readonly sources: ReadonlyMap<InstanceId, PushSource>
  /** In the order in which they run: see `orderTransformations`. */
  readonly transformations?: Transformations
  /** Whose a write key is. Asked seldom: answers are remembered, also while the store is away. */
  readonly keys: { readonly find: FindKey }
  readonly clock: Clock
  readonly logger: Logger
  /** The folder of the log; one process at a time. */
  readonly dir: string
  readonly limits?: Partial<AcceptLimits & WorkerLimits & Pick<LogOptions, 'segmentBytes' | 'budgetBytes'>>
  /** About damage in the middle of the log: see TENON_LOG_CORRUPT. */
  readonly onCorrupt?: LogOptions['onCorrupt']
}

/** A batch whose events can be read. */
export interface Stored {
  readonly batch: number
  /** Whose events they are, by workspace. */
  readonly profiles: ReadonlyMap<string, readonly ProfileId[]>
}

export interface Ingest {
  /** Paths of all sources, as they are served. */
  readonly routes: readonly { readonly methods: readonly string[]; readonly path: string }[]
  /** Answers what is for a source; undefined for every other request. */
  handle(request: Request): Promise<Response | undefined>
  /** The way in for events that come by another road: imports, exposures, replays. */
  accept(acceptance: Acceptance): Promise<AcceptOutcome>
  /** Opens the log. From then on events are accepted, whether the stores are there or not. */
  start(): Promise<void>
  /** Accepts nothing more and resolves once all that was accepted is stored, or the signal fires. */
  drain(signal?: AbortSignal): Promise<void>
  /** Drains for `drainMs` (10 s where absent) and stops; the rest waits in the log for the next start. */
  stop(options?: { readonly drainMs?: number }): Promise<void>
  /** Resolves once everything that was accepted before this call is stored. */
  idle(): Promise<void>
  /** Called after every batch; returns how to stop that. */
  onStored(listener: (stored: Stored) => void): () => void
  /** Keeps the log from now on, for a copy of it; undefined before `start`. */
  holdLog(): LogHold | undefined
  stats(): IngestStats
  health(): Health
}

/** How long a stop waits for a batch that is underway; it is safe to leave it half done. */
const LEAVE_MS = 5_000
const NEARLY_FULL = 0.8
/** Troubles that do not pass by themselves. */
const HOPELESS: ReadonlySet<string> = new Set([LogCorrupt.code, LogBehindStore.code])

/**
 * From a request to stored events: unpacked, authenticated, read by its source, durable in the log, acknowledged; then
 * transformed, deduplicated, resolved to people, checked for consent and written in large batches.
 *
 * @example
 * ```ts
 * const ingest = createIngest({ store, analytics, gate, identity, sources, keys: store.keys, clock, logger, dir })
 * await ingest.start()
 * app.use(async (context, next) => (await ingest.handle(context.req.raw)) ?? next())
 * ```
 */
export function createIngest(options: IngestOptions): Ingest {
  const { store, analytics, gate, identity, sources, transformations = new Map(), clock, logger, dir, onCorrupt } = options
  const limits = { ...DEFAULT_LIMITS, ...DEFAULT_WORKER_LIMITS, ...options.limits }
  const progress = createProgress()
  const listeners = new Set<(stored: Stored) => void>()
  const stopping = new AbortController()
  const { signal } = stopping
  let log: EventLog | undefined
  let hold: (() => LogHold) | undefined
  let worker: Promise<void> = Promise.resolve()
  let trouble: string | undefined

  const acceptor = createAcceptor({
    append: async (record, parts) => (log === undefined ? 'full' : log.append(record, parts)),
    onAccepted: progress.accepted,
    ...{ limits, clock, logger },
  })
  const keys = cacheKeys((secret) => options.keys.find(secret), clock)
  const handle = createPushHandler({ router: createRouter(sources), acceptor, keys, limits, clock, logger, signal })

  function tell(stored: Stored): void {
    for (const listener of [...listeners]) {
      try {
        listener(stored)
      } catch (error) {
        logger.error('a listener of ingest failed', { reason: error instanceof Error ? error.message : 'thrown' })
      }
    }
  }

  function work(opened: EventLog): Promise<void> {
    const backlogEnd = opened.state().end
    const stream = `log:${opened.id}`
    return runWorker({
      log: opened,
      station: { stream, store, analytics, gate, transformations, identity, cache: createIdentityCache(), clock, signal },
      limits,
      logger,
      events: {
        async onPosition(position) {
          const counts = await store.ingest.counters(stream)
          if (progress.position < 0) progress.found(await opened.countParts(position, backlogEnd))
          progress.synchronise({ position, counts })
          trouble = undefined
        },
        onStored({ batch, counts, profiles }, position) {
          trouble = undefined
          progress.stored(counts, position)
          tell({ batch, profiles })
        },
        onTrouble(error) {
          trouble = errorCode(error) ?? (error instanceof Error ? error.message : 'unknown')
        },
      },
    })
  }

  const idle = (): Promise<void> => (log === undefined ? Promise.resolve() : progress.reached(log.state().end))
  const drain = async (limit?: AbortSignal): Promise<void> => {
    acceptor.stop()
    await Promise.race([idle(), ...(limit === undefined ? [] : [fired(limit)])])
  }

  return Object.freeze<Ingest>({
    routes: [...sources.values()].flatMap(({ routes }) => routes),
    handle,
    accept: acceptor.accept,
    async start() {
      const { segmentBytes, budgetBytes } = options.limits ?? {}
      const opened = await openLog({
        folder: dir,
        logger,
        ...(segmentBytes === undefined ? {} : { segmentBytes }),
        ...(budgetBytes === undefined ? {} : { budgetBytes }),
        ...(onCorrupt === undefined ? {} : { onCorrupt }),
      })
      const keeping = holdable(opened)
      log = keeping.log
      hold = keeping.hold
      worker = work(log)
    },
    drain,
    async stop({ drainMs = 10_000 } = {}) {
      const limit = new AbortController()
      const timer = setTimeout(() => limit.abort(), drainMs)
      await drain(limit.signal)
      clearTimeout(timer)
      stopping.abort()
      await Promise.race([worker, delay(LEAVE_MS, undefined, { ref: false })])
      await log?.close()
    },
    idle,
    onStored(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    holdLog: () => hold?.(),
    stats() {
      const { end = 0, bytes = 0, budgetBytes = 0, skippedBytes = 0 } = log?.state() ?? {}
      const { counts, inLog, batches } = progress
      const position = Math.max(progress.position, 0)
      return { ...counts, inLog, position, end, logBytes: bytes, logBudgetBytes: budgetBytes, skippedBytes, batches }
    },
    health() {
      if (log === undefined || signal.aborted) return { status: 'down', reason: 'the log is not open' }
      const { end, budgetBytes } = log.state()
      const waiting = (end - Math.max(progress.position, 0)) / budgetBytes
      if (progress.position >= 0 && waiting > NEARLY_FULL)
        return { status: 'down', reason: `the log is ${Math.floor(waiting * 100)} % full` }
      if (trouble !== undefined && HOPELESS.has(trouble)) return { status: 'down', reason: `nothing is stored any more: ${trouble}` }
      return trouble === undefined ? { status: 'ok' } : { status: 'degraded', reason: `events wait in the log: ${trouble}` }
    },
  })
}

const fired = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
