import type { CapabilityId } from '../plugin/capability.ts'
import type { Health, InstanceId, Role, Step } from '../plugin/lifecycle.ts'
import type { BreakerState } from './breaker.ts'
import type { OperationStatistics } from './call-statistics.ts'
import type { Instance, InstanceState } from './instance.ts'
import type { KernelJob } from './jobs.ts'
import type { Wire } from './wiring.ts'

/** A need of an instance and who serves it. */
export interface InspectedNeed {
  readonly name: string
  readonly capability: CapabilityId
  readonly required: boolean
  readonly from: 'host' | readonly InstanceId[]
}

/** One instance without its health: plain data, without secrets. */
export interface InstanceView {
  readonly instance: InstanceId
  readonly plugin: string
  readonly version: string
  readonly contract: number
  readonly description: string | undefined
  readonly state: InstanceState
  /** Why it does not run. */
  readonly reason: string | undefined
  readonly onFailure: 'abort' | 'continue'
  /** Milliseconds per step that was taken. */
  readonly times: Readonly<Partial<Record<Step, number>>>
  readonly circuit: BreakerState
  readonly needs: readonly InspectedNeed[]
  readonly provides: readonly CapabilityId[]
  readonly hasRoutes: boolean
  readonly jobs: readonly string[]
  readonly config: unknown
  readonly workspaces: Readonly<Record<string, unknown>>
}

export interface InspectedInstance extends InstanceView {
  readonly health: Health
}

/** Everything about a running kernel as plain data, for `tenon inspect`, consoles and the API. Holds no secret. */
export interface Inspection {
  readonly edition: string
  readonly role: Role
  /** From the call of `startKernel` until everything was ready. */
  readonly startMs: number
  /** In start order. */
  readonly instances: readonly InspectedInstance[]
  readonly jobs: readonly KernelJob[]
  readonly calls: readonly OperationStatistics[]
}

export function viewOf(instance: Instance): InstanceView {
  const { plugin, config, wires, onFailure } = instance.planned
  return Object.freeze({
    instance: instance.id,
    plugin: plugin.id,
    version: plugin.version,
    contract: plugin.contract,
    description: plugin.description,
    state: instance.state,
    reason: instance.reason,
    onFailure,
    times: instance.times,
    circuit: instance.breaker.state(),
    needs: Object.freeze(wires.map(inspectNeed)),
    provides: Object.freeze(Object.values(plugin.provides).map(({ id }) => id)),
    hasRoutes: instance.routes !== undefined,
    jobs: Object.freeze(instance.jobs.map(({ name }) => name)),
    config: config.printed,
    workspaces: config.printedWorkspaces,
  })
}

const inspectNeed = ({ name, capability, presence, from }: Wire): InspectedNeed =>
  Object.freeze({ name, capability: capability.id, required: presence === 'required', from })
