import { setTimeout as delay } from 'node:timers/promises'
import type { Health, InstanceId } from '@tenon/kernel'
import { errorCode } from '@tenon/kernel'
import { type Clock, type Logger, type Meter, noMeter, type ProfileId, type PushSource } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import { decodeRequest } from './accept/accepted-request.ts'
import { type Acceptance, type AcceptOutcome, createAcceptor } from './accept/acceptor.ts'
import { cacheKeys, type FindKey } from './accept/key-cache.ts'
import { type AcceptLimits, DEFAULT_LIMITS } from './accept/limits.ts'
import { createPushHandler } from './accept/push-handler.ts'
import { createReplayer, type Replayer } from './accept/replayer.ts'
import { createRouter } from './accept/router.ts'
import { LogBehindStore, LogCorrupt, LogCountsDiffer } from './errors.ts'
import type { EventLog, EventLogs, LogState, OpenLogs } from './log/event-log.ts'
import { holdable, type LogHold } from './log/log-hold.ts'
import { LOG_HOLD, type SharedLog } from './log/shared-log.ts'
import { logWriteSeconds } from './metrics.ts'
import type { Ends, Storer } from './storing/storer.ts'
import { createProgress, type IngestStats } from './worker/progress.ts'
import { shareLogs } from './worker/share-logs.ts'
import type { StoredLog } from './worker/stored-log.ts'
import { type WaitingStream, waitingStreams } from './worker/waiting-streams.ts'
import { type Line, type LogWatch, type Sight, watchLogs } from './worker/watch-logs.ts'
import type { WorkerEvents } from './worker/worker.ts'

export interface IngestOptions {
  readonly store: Store
  readonly sources: ReadonlyMap<InstanceId, PushSource>
  /** Whose a write key is. Asked seldom: answers are remembered, also while the store is away. */
  readonly keys: { readonly find: FindKey }
  readonly clock: Clock
  readonly logger: Logger
  readonly meter?: Meter
  /** Where accepted requests wait until they are stored: `localLog`, or `jetStreamLogs` for several processes. */
  readonly log: OpenLogs
  /** Who stores what is in a log: `createStorer` does it in this process. Absent where others store shared logs; a local log must have one. */
  readonly storer?: Storer
  readonly limits?: Partial<AcceptLimits>
  /** Of shared logs: how long a worker that says nothing any more keeps its part; 10 s where absent. */
  readonly holdMs?: number
}

/** A batch whose events can be read. */
export interface Stored {
  readonly batch: number
  /** Whose events they are, by workspace. */
  readonly profiles: ReadonlyMap<string, readonly ProfileId[]>
  /** When the first of them was received; absent where all are replays. */
  readonly receivedAt?: Date
}

export interface Ingest {
  /** Paths of all sources, as they are served. */
  readonly routes: readonly { readonly methods: readonly string[]; readonly path: string }[]
  /** What sources answer at a path: none where none of them serves it. */
  methodsAt(path: string): readonly string[]
  /** Answers what is for a source; undefined for every other request. */
  handle(request: Request): Promise<Response | undefined>
  /** The way in for events that come by another road: imports, exposures. */
  accept(acceptance: Acceptance): Promise<AcceptOutcome>
  /** Sends a failed event through everything once more. Asked for twice, the same attempt is made once. */
  replay: Replayer
  /** Opens the log, which must be there. From then on events are accepted, whether the stores are there or not. */
  start(): Promise<void>
  /** Accepts nothing more and resolves once all that was accepted is stored, or the signal fires. */
  drain(signal?: AbortSignal): Promise<void>
  /**
   * Drains for `drainMs` (10 s where absent) and stops; the rest waits in the log for the next start. Of shared logs it finishes what is
   * underway and leaves the rest to others.
   */
  stop(options?: { readonly drainMs?: number }): Promise<void>
  /** Resolves once everything that was accepted before this call is stored. */
  idle(): Promise<void>
  /**
   * As `idle`, for somebody who waits for an answer: also resolves after `limitMs` and when the signal fires. Where nothing waits to be
   * stored it costs nothing, or of shared logs a look.
   */
  settled(options: { readonly limitMs: number; readonly signal?: AbortSignal }): Promise<void>
  /** Called after every batch; returns how to stop that. */
  onStored(listener: (stored: Stored) => void): () => void
  /** Called when whoever stored until now may not have told anybody about the last batches: a process of a fleet, or the one that stores our log. */
  onTakenOver(listener: () => void): void
  /** Keeps the log from now on, for a copy of it; undefined before `start`, and of shared logs. */
  holdLog(): LogHold | undefined
  /** The logs of a fleet, for a copy of them: hold them by the lease `LOG_HOLD`. None where there is a local one. */
  sharedLogs(): readonly SharedLog[]
  /** What waits in each log of a fleet, looked at now. None where there is a local one. */
  waitingStreams(): Promise<readonly WaitingStream[]>
  /** When the first event was received that waits in the log; unknown of shared logs. */
  oldestWaiting(): Promise<Date | undefined>
  /** As it is now; of shared logs at the last `measure`. */
  stats(): IngestStats
  /** Looks at shared logs before it answers; of its own log it waits a moment for what the store says first. */
  measure(): Promise<IngestStats>
  /** Whether events are stored. */
  health(): Health
  /** Whether events are accepted. */
  logHealth(): Health
}

/** How long a stop waits for a batch that is underway; it is safe to leave it half done. */
const LEAVE_MS = 5_000
const NEARLY_FULL = 0.8
const FIRST_LOOK_MS = 1_000
const NOTHING_SEEN: Sight = Object.freeze({
  counts: Object.freeze({ received: 0, stored: 0, duplicate: 0, failed: 0, dropped: 0 }),
  ...{ inLog: 0, position: 0 },
})
/** Troubles that do not pass by themselves. */
const HOPELESS: ReadonlySet<string> = new Set([LogCorrupt.code, LogBehindStore.code, LogCountsDiffer.code])

/**
 * From a request to stored events: unpacked, authenticated, read by its source, durable in the log, acknowledged; then
 * transformed, deduplicated, resolved to people, checked for consent and written in large batches.
 *
 * @example
 * ```ts
 * const storer = createStorer({ store, analytics, gate, identity, clock, logger })
 * const ingest = createIngest({ store, sources, keys: store.keys, clock, logger, log: localLog({ folder }), storer })
 * await ingest.start()
 * app.use(async (context, next) => (await ingest.handle(context.req.raw)) ?? next())
 * ```
 */
export function createIngest(options: IngestOptions): Ingest {
  const { store, sources, storer, clock, logger, meter = noMeter, holdMs = 10_000 } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const progress = createProgress()
  const listeners = new Set<(stored: Stored) => void>()
  const successors = new Set<() => void>()
  const leaving = new AbortController()
  const stopping = new AbortController()
  const { signal } = stopping
  const troubles = new Map<string, string>()
  let logs: EventLogs | undefined
  let watch: LogWatch | undefined
  let working: Promise<void> = Promise.resolve()
  let hold: (() => LogHold) | undefined

  const acceptor = createAcceptor({
    logs: () => logs,
    onAccepted(parts, logSeconds) {
      progress.accepted(parts)
      meter.observe(logWriteSeconds, {}, logSeconds)
    },
    ...{ limits, clock, logger },
  })
  const keys = cacheKeys((secret) => options.keys.find(secret), clock)
  const router = createRouter(sources)
  const handle = createPushHandler({ router, acceptor, keys, limits, clock, logger, signal })

  function tell(stored: Stored): void {
    for (const listener of [...listeners]) {
      try {
        listener(stored)
      } catch (error) {
        logger.error('a listener of ingest failed', { error })
      }
    }
  }

  /** Stores one log, and tells of it. */
  function work(storer: Storer, line: Line<StoredLog>, ends: Ends, events: Pick<WorkerEvents, 'onPosition' | 'onStored'>): Promise<void> {
    const { stream } = line
    return storer(line, ends, {
      async onPosition(position) {
        await events.onPosition(position)
        // What waits may fail again: it is well once it is stored.
        if (stats().inLog <= 0) troubles.delete(stream)
      },
      onStored(stored, position) {
        troubles.delete(stream)
        events.onStored(stored, position)
        const { batch, profiles, receivedAt } = stored
        tell({ batch, profiles, ...(receivedAt === undefined ? {} : { receivedAt }) })
      },
      onTrouble: (code) => void troubles.set(stream, code),
      onWell: () => void troubles.delete(stream),
    }).finally(() => troubles.delete(stream))
  }

  function storeOwn(storer: Storer, line: Line): Promise<void> {
    const { log, stream } = line
    const backlogEnd = log.state().end
    let counting: Promise<unknown> = Promise.resolve()

    async function count(): Promise<void> {
      const [found] = await store.ingest.progress([stream])
      if (found === undefined) return
      const { position, counts } = found
      // Then it is another log than the store's, and the storer says so.
      if (position > log.state().end) return
      const isFirst = progress.position < 0
      if (isFirst) progress.found(await log.countParts(position, backlogEnd))
      const isNews = !isFirst && position > progress.position
      progress.synchronise({ position, counts })
      // A batch was closed without our hearing of it: somebody must look whom it touched.
      if (isNews) for (const listener of successors) listener()
    }
    const countNext = (): Promise<void> => {
      const counted = counting.then(count)
      counting = counted.catch(() => undefined)
      return counted
    }
    // A storer may take a moment to start. It asks again before it stores anything, and then it is heard what is in the way.
    countNext().catch(() => undefined)
    return work(
      storer,
      line,
      { signal, leave: signal },
      { onPosition: countNext, onStored: ({ counts }, position) => progress.stored(counts, position) },
    )
  }

  function storeShared(storer: Storer, lines: readonly Line[]): Promise<void> {
    const byStream = new Map(lines.map((line) => [line.stream, line]))
    return shareLogs({
      ...{ store, streams: [...byStream.keys()], holdMs, leave: leaving.signal, logger },
      async run(stream, { leave, lost }) {
        const line = byStream.get(stream)
        const ends = { signal: AbortSignal.any([signal, lost]), leave }
        let heardOf: number | undefined
        for (const listener of successors) listener()
        if (line !== undefined)
          await work(storer, { ...line, log: keptForCopies(line.log, store) }, ends, {
            async onPosition(position) {
              // As of a log of our own: a batch was closed without our hearing of it, or somebody else has closed it.
              if (heardOf !== undefined && position > heardOf) for (const listener of successors) listener()
              heardOf = position
            },
            onStored(_, position) {
              heardOf = position
              progress.batch()
            },
          })
      },
    })
  }

  const idle = async (limit?: AbortSignal): Promise<void> => {
    const [first] = logs?.logs ?? []
    if (watch !== undefined) await watch.caughtUp(limit)
    else if (first !== undefined) await progress.reached(first.state().end, limit)
  }
  const drain = async (limit?: AbortSignal): Promise<void> => {
    acceptor.stop()
    await idle(limit)
  }

  function stats(): IngestStats {
    const states = logs?.logs.map((log) => log.state()) ?? []
    const sum = (of: (state: LogState) => number): number => states.reduce((total, state) => total + of(state), 0)
    const { counts, inLog, position } = watch === undefined ? progress : (watch.last ?? NOTHING_SEEN)
    return {
      ...counts,
      ...{ inLog, isKnown: watch === undefined ? position >= 0 : watch.last !== undefined },
      ...{ position: Math.max(position, 0), end: sum(({ end }) => end), batches: progress.batches },
      logBytes: sum(({ bytes }) => bytes),
      logBudgetBytes: sum(({ budgetBytes }) => budgetBytes),
      skippedBytes: sum(({ skippedBytes }) => skippedBytes),
    }
  }

  /** How full the log is; of several the fullest and the emptiest. */
  function fullness(opened: EventLogs): { readonly most: number; readonly least: number } {
    const position = Math.max(progress.position, 0)
    const shares = opened.logs.map((log) => {
      const { bytes, end, budgetBytes } = log.state()
      return (opened.shared ? bytes : progress.position < 0 ? 0 : end - position) / budgetBytes
    })
    return { most: Math.max(...shares), least: Math.min(...shares) }
  }

  function logHealth(): Health {
    if (logs === undefined || signal.aborted) return { status: 'down', reason: 'the log is not open' }
    const health = logs.health()
    if (health.status !== 'ok') return health
    const { most, least } = fullness(logs)
    const reason = `the log is ${Math.floor(most * 100)} % full`
    return least > NEARLY_FULL ? { status: 'down', reason } : most > NEARLY_FULL ? { status: 'degraded', reason } : health
  }

  return Object.freeze<Ingest>({
    routes: [...sources.values()].flatMap(({ routes }) => routes),
    methodsAt: router.methods,
    handle,
    accept: acceptor.accept,
    replay: createReplayer({ logs: () => (signal.aborted ? undefined : logs), sources, limits, signal }),
    async start() {
      const opened = await options.log()
      logs = opened
      const lines = opened.logs.map((log): Line => ({ log, stream: `${opened.prefix}:${log.id}` }))
      const [own] = lines
      if (opened.shared) watch = watchLogs(store, lines, signal)
      if (opened.shared && storer !== undefined) working = storeShared(storer, lines)
      if (!opened.shared && own !== undefined) {
        if (storer === undefined) throw new TypeError('nobody else stores a local log: it must have a storer')
        const keeping = holdable(own.log)
        hold = keeping.hold
        working = storeOwn(storer, { ...own, log: keeping.log })
      }
    },
    drain,
    async stop({ drainMs = 10_000 } = {}) {
      acceptor.stop()
      leaving.abort()
      const limit = new AbortController()
      const timer = setTimeout(() => limit.abort(), drainMs)
      await (watch === undefined ? drain(limit.signal) : Promise.race([working, fired(limit.signal)]))
      clearTimeout(timer)
      stopping.abort()
      await Promise.race([working, delay(LEAVE_MS, undefined, { ref: false })])
      await logs?.close()
    },
    idle: () => idle(),
    async settled({ limitMs, signal: caller }) {
      const limit = AbortSignal.any([AbortSignal.timeout(limitMs), ...(caller === undefined ? [] : [caller])])
      // Shared logs that do not answer can not be waited for.
      await idle(limit).catch((error: unknown) =>
        logger.warn('nobody can say what waits in the log', { code: errorCode(error) ?? 'unknown' }),
      )
    },
    onStored(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    onTakenOver: (listener) => void successors.add(listener),
    holdLog: () => hold?.(),
    sharedLogs: () => logs?.copies ?? [],
    waitingStreams: async () => (logs === undefined ? [] : waitingStreams(store, logs)),
    async oldestWaiting() {
      const [own] = logs?.shared === false ? logs.logs : []
      return own === undefined || progress.inLog <= 0 ? undefined : firstReceived(own, Math.max(progress.position, own.state().first))
    },
    stats,
    async measure() {
      // Until its worker has asked the store once, nothing is known of a log of our own.
      if (watch === undefined && logs !== undefined) await progress.reached(0, AbortSignal.timeout(FIRST_LOOK_MS))
      await watch
        ?.look()
        .catch((error: unknown) => logger.warn('the shared logs could not be looked at', { code: errorCode(error) ?? 'unknown' }))
      return stats()
    },
    logHealth,
    health() {
      const log = logHealth()
      if (log.status !== 'ok') return log
      const [trouble] = troubles.values()
      const hopeless = [...troubles.values()].find((code) => HOPELESS.has(code))
      if (hopeless !== undefined) return { status: 'down', reason: `nothing is stored any more: ${hopeless}` }
      return trouble === undefined ? { status: 'ok' } : { status: 'degraded', reason: `events wait in the log: ${trouble}` }
    },
  })
}

/** The same log, of which nothing is deleted while a backup anywhere in the fleet copies it. What is kept longer goes with the next batch. */
const keptForCopies = (log: EventLog, { jobs }: Pick<Store, 'jobs'>): EventLog => ({
  ...log,
  release: async (position) => ((await jobs.isHeld(LOG_HOLD)) ? undefined : log.release(position)),
})

async function firstReceived(log: EventLog, from: number): Promise<Date | undefined> {
  const { records } = await log.read({ from, maxBytes: 1, maxParts: 1 })
  return records[0] === undefined ? undefined : decodeRequest(records[0].payload).receivedAt
}

const fired = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
