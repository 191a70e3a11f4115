import type { GuardTools } from '../plugin/guard.ts'
import type { FetchHandler, Health, InstanceId, Job, Role, Running, Step } from '../plugin/lifecycle.ts'
import type { Migrations } from '../plugin/migrations.ts'
import type { Provides } from '../plugin/needs.ts'
import type { Breaker } from './breaker.ts'
import type { PlannedInstance } from './examine.ts'
import { jobsProblem } from './jobs.ts'
import type { StepLimits } from './limits.ts'
import type { KernelLogger } from './logger.ts'
import type { Redactor } from './redactor.ts'
import type { Registry } from './registry.ts'
import { type Fault, formatFault, runStep } from './step.ts'

export type InstanceState = 'planned' | 'set-up' | 'running' | 'failed' | 'stopped'

/** Applies the migrations of one instance, in a schema that belongs to it alone. */
export type Migrate = (
  request: { readonly instance: InstanceId; readonly plugin: string; readonly migrations: Migrations },
  signal: AbortSignal,
) => Promise<void>

export interface InstanceSurroundings {
  readonly role: Role
  readonly registry: Registry
  readonly limits: StepLimits
  readonly logger: KernelLogger
  readonly redactor: Redactor
  readonly migrate: Migrate | undefined
}

type Release = () => void | Promise<void>

/** One plugin in one kernel: its state, its steps and what they took. Steps return their fault instead of throwing. */
export class Instance {
  readonly planned: PlannedInstance
  readonly tools: GuardTools
  readonly breaker: Breaker
  readonly #around: InstanceSurroundings
  readonly #times: Partial<Record<Step, number>> = {}
  readonly #releases: Release[] = []
  #running: Running<Provides> | undefined
  #state: InstanceState = 'planned'
  #reason: string | undefined

  constructor(planned: PlannedInstance, tools: GuardTools, breaker: Breaker, around: InstanceSurroundings) {
    this.planned = planned
    this.tools = tools
    this.breaker = breaker
    this.#around = around
    this.#times.validate = planned.validateMs
  }

  get id(): InstanceId {
    return this.planned.instance
  }
  get state(): InstanceState {
    return this.#state
  }
  /** Why it is not running, once it has failed. */
  get reason(): string | undefined {
    return this.#reason
  }
  /** Milliseconds per step that was taken. */
  get times(): Readonly<Partial<Record<Step, number>>> {
    return Object.freeze({ ...this.#times })
  }
  get jobs(): readonly Job[] {
    return this.#running?.jobs ?? []
  }
  get routes(): FetchHandler | undefined {
    return this.#running?.routes
  }

  async migrate(): Promise<Fault | undefined> {
    const { migrate } = this.#around
    const { id: plugin, migrations } = this.planned.plugin
    if (migrations === undefined || migrate === undefined) return undefined
    return this.#take('migrate', (signal) => migrate({ instance: this.id, plugin, migrations }, signal))
  }

  async setup(): Promise<Fault | undefined> {
    const { registry } = this.#around
    const { plugin, wires, config } = this.planned
    registry.putConfig(this.id, config)
    return this.#take('setup', async () => {
      const running: unknown = await plugin.setup({
        instance: this.id,
        role: this.#around.role,
        config: registry.configFor(this.id),
        configFor: (workspace) => registry.configFor(this.id, workspace),
        needs: Object.freeze(Object.fromEntries(wires.map((wire) => [wire.name, registry.demand(wire, this.id)]))),
        onClose: (release) => this.#onClose(release),
      })
      // Too late: it was given up meanwhile.
      if (this.#state !== 'planned') return
      this.#running = this.#register(running)
      this.#state = 'set-up'
    })
  }

  async start(): Promise<Fault | undefined> {
    const fault = await this.#take('start', (signal) => this.#running?.start?.(signal))
    if (fault === undefined) this.#state = 'running'
    return fault
  }

  async drain(): Promise<Fault | undefined> {
    return this.#running?.drain === undefined ? undefined : this.#take('drain', (signal) => this.#running?.drain?.(signal))
  }

  /** Releases what `setup` registered, last first; each release has the whole limit, and none stops the others. */
  async close(reason = 'stopped'): Promise<readonly Fault[]> {
    if (this.#state !== 'failed') this.#state = 'stopped'
    this.#reason ??= reason
    const faults: Fault[] = []
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
      const fault = await this.#take('close', release)
      if (fault !== undefined) faults.push(fault)
    }
    return faults
  }

  /** Takes the instance out: its providers refuse calls from now on. */
  async fail(fault: Fault): Promise<readonly Fault[]> {
    this.#state = 'failed'
    this.#reason = `${fault.step}: ${fault.reason}`
    return this.close()
  }

  async health(): Promise<Health> {
    if (this.#state === 'failed' || this.#state === 'stopped') return { status: 'down', reason: this.#reason ?? this.#state }
    const { health } = this.#running ?? {}
    const { limits, redactor } = this.#around
    const result = await runStep({ ...this.#about('health'), run: async (signal) => readHealth(await health?.(signal)) })
    if (result.fault !== undefined) {
      return { status: 'down', reason: result.fault.kind === 'timeout' ? `no answer in ${limits.health} ms` : result.fault.reason }
    }
    if (result.value.status !== 'ok') return { status: result.value.status, reason: redactor.text(result.value.reason) }
    const circuit = this.breaker.state()
    return circuit === 'closed' ? result.value : { status: 'degraded', reason: `its circuit is ${circuit}` }
  }

  /** A plugin that is set up too late, or registers after the end, still gets its release run. */
  #onClose(release: Release): void {
    this.#releases.push(release)
    if (this.#state !== 'failed' && this.#state !== 'stopped') return
    void this.close().then((faults) => {
      for (const fault of faults) this.#around.logger.error(`could not release ${formatFault(fault)}`, { instance: this.id })
    })
  }

  /** Puts the guarded providers into the registry. */
  #register(running: unknown): Running<Provides> {
    if (!isRunning(running)) throw new TypeError('setup did not return { provide }')
    const problem = jobsProblem(running.jobs ?? [])
    if (problem !== undefined) throw new TypeError(problem)
    const providers = Object.entries(this.planned.plugin.provides).map(([name, { id }]) => {
      const provider: unknown = running.provide[name]
      if (provider === undefined || provider === null) throw new TypeError(`setup did not return provide.${name}, which is '${id}'`)
      return { id, provider }
    })
    this.#around.registry.provide(providers, this.tools)
    return running
  }

  async #take(step: Step, run: (signal: AbortSignal) => void | Promise<void>): Promise<Fault | undefined> {
    const { ms, fault } = await runStep({ ...this.#about(step), run })
    this.#times[step] = (this.#times[step] ?? 0) + ms
    return fault
  }

  #about(step: Step) {
    const { limits, redactor } = this.#around
    return { instance: this.id, plugin: this.planned.plugin.id, step, limitMs: limits[step], redactor }
  }
}

function isRunning(value: unknown): value is Running<Provides> {
  return typeof value === 'object' && value !== null && 'provide' in value && typeof value.provide === 'object' && value.provide !== null
}

/** Plain JavaScript may answer anything. */
function readHealth(health: unknown): Health {
  if (health === undefined) return { status: 'ok' }
  const status: unknown = typeof health === 'object' && health !== null ? Reflect.get(health, 'status') : undefined
  if (status === 'ok') return { status }
  if (status !== 'degraded' && status !== 'down') return { status: 'down', reason: 'its health is none of ok, degraded, down' }
  const reason: unknown = Reflect.get(Object(health), 'reason')
  return { status, reason: typeof reason === 'string' ? reason : 'no reason given' }
}
