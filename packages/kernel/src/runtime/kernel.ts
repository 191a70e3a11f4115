import type { AnyCapability } from '../plugin/capability.ts'
import type { Health, InstanceId, Role } from '../plugin/lifecycle.ts'
import type { Needs, Resolved } from '../plugin/needs.ts'
import type { BreakerState } from './breaker.ts'
import type { OperationStatistics } from './call-statistics.ts'
import type { Inspection, InstanceView } from './inspection.ts'
import type { JobId, KernelJob } from './jobs.ts'
import type { GuardedHandler } from './routes.ts'

/** What a metrics endpoint needs of a kernel. */
export interface KernelMetrics {
  readonly calls: readonly OperationStatistics[]
  readonly circuits: readonly { readonly instance: InstanceId; readonly state: BreakerState }[]
}

/** A running edition. */
export interface Kernel<N extends Needs = Needs> {
  /** The name of the edition. */
  readonly edition: string
  readonly role: Role
  /** Instances in start order. */
  readonly order: readonly InstanceId[]
  /** What the host asked for, behind guards. */
  readonly needs: { readonly [K in keyof N]: Resolved<N[K]> }
  /** Instances in start order, as they are now. */
  readonly instances: readonly InstanceView[]
  /** Jobs of all instances. They run by themselves where the role is `worker` or `all`. */
  readonly jobs: readonly KernelJob[]
  /** Request handlers to mount under /plugins/<instance>; empty where the role is `worker`. */
  readonly routes: ReadonlyMap<InstanceId, GuardedHandler>
  /** What a consumer of the capability would get. Throws `TENON_CAPABILITY_UNAVAILABLE`. */
  get<C extends AnyCapability>(capability: C): Resolved<C>
  /** Asks every instance, each within its time limit; an open circuit shows as degraded. */
  health(): Promise<Readonly<Record<InstanceId, Health>>>
  metrics(): KernelMetrics
  inspect(): Promise<Inspection>
  /** Runs a job now, unless it is running: then it waits for that run. */
  runJob(job: JobId): Promise<void>
  /** Drains and closes in reverse order, whatever hangs. The second call waits for the first. Never rejects. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
