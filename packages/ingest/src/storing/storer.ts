import type { Analytics } from '@tenon/analytics'
import { type Clock, type IdentityPolicy, type Logger, type Meter, noMeter } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import type { IngestGate } from '../gate.ts'
import { createIdentityCache } from '../identity/identity-cache.ts'
import type { IngestPlans } from '../plans/plan-check.ts'
import type { Transformations } from '../transform/transform-events.ts'
import { DEFAULT_WORKER_LIMITS, type StoredLog, type WorkerLimits } from '../worker/stored-log.ts'
import type { Line } from '../worker/watch-logs.ts'
import { runWorker, type WorkerEvents } from '../worker/worker.ts'

/** When a storer ends: `signal` at once, `leave` once what is underway is stored. */
export interface Ends {
  readonly signal: AbortSignal
  readonly leave: AbortSignal
}

/** Stores a log from where its stream in the store is, and tells of it; until it is ended. Never rejects. */
export type Storer = (line: Line<StoredLog>, ends: Ends, events: WorkerEvents) => Promise<void>

export interface StorerOptions {
  readonly store: Store
  readonly analytics: Analytics
  readonly gate: IngestGate
  readonly identity: IdentityPolicy
  /** Asked about every event that may be kept; none where absent. */
  readonly plans?: IngestPlans
  /** In the order in which they run: see `orderTransformations`. */
  readonly transformations?: Transformations
  readonly clock: Clock
  readonly logger: Logger
  readonly meter?: Meter
  readonly limits?: Partial<WorkerLimits>
}

/** Stores in this process. */
export function createStorer({ logger, limits, ...options }: StorerOptions): Storer {
  const { plans, transformations = new Map(), meter = noMeter } = options
  return ({ log, stream }, { signal, leave }, events) =>
    runWorker({
      log,
      station: { ...options, plans, transformations, meter, stream, signal, cache: createIdentityCache() },
      limits: { ...DEFAULT_WORKER_LIMITS, ...limits },
      ...{ logger, leave, events },
    })
}
