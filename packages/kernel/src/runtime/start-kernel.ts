import type { AnyCapability } from '../plugin/capability.ts'
import type { Edition } from '../plugin/edition.ts'
import type { InstanceId, Role } from '../plugin/lifecycle.ts'
import type { Needs, Resolved } from '../plugin/needs.ts'
import { type Assembly, createAssembly } from './assembly.ts'
import { createBreaker } from './breaker.ts'
import type { CallSubject } from './call.ts'
import { type Call, type CallStatistics, createCallStatistics } from './call-statistics.ts'
import { createDeprecationWarner, PREVIEW_CONTRACT } from './deprecations.ts'
import type { Environment } from './env.ts'
import { CapabilityUnavailable, EditionInvalid } from './errors.ts'
import { examine, type StartPlan, withinReach } from './examine.ts'
import { createGuardTools } from './guard-tools.ts'
import { viewOf } from './inspection.ts'
import { Instance, type Migrate } from './instance.ts'
import { createJobRunner, type Lease } from './jobs.ts'
import type { Kernel } from './kernel.ts'
import { DEFAULT_LIMITS, type StepLimits } from './limits.ts'
import type { KernelClock, KernelLogger } from './logger.ts'
import type { Redactor } from './redactor.ts'
import { createRegistry, type Registry } from './registry.ts'
import { routesOf } from './routes.ts'
import { stopwatch } from './stopwatch.ts'

export interface StartOptions<N extends Needs = Needs> {
  /** What this process is for; `all` unless said otherwise. */
  readonly role?: Role
  /** The values behind `core.*`, which the host brings; `perInstance` makes one for each instance. */
  readonly core: ReadonlyMap<AnyCapability, unknown>
  /** What the host itself needs of the edition: checked in the same report, handed over in `kernel.needs`. */
  readonly needs?: N
  /**
   * Which plugins this process runs: all of the edition where absent; `needs`: those alone that the host's needs reach, directly or through
   * others. Of an edition with a problem anywhere neither starts.
   */
  readonly scope?: 'needs'
  /** Where `fromEnv` looks; nothing is read from the process. */
  readonly env?: Environment
  readonly limits?: Partial<StepLimits>
  /** Applies migrations before anything is set up. Without it, an edition whose plugins bring some does not start. */
  readonly migrate?: Migrate
  readonly clock: KernelClock
  readonly logger: KernelLogger
  /** Hears of every guarded call. */
  readonly onCall?: (call: Call) => void
  /** Lets one process of a fleet run a job; without it, every worker runs its own. */
  readonly lease?: Lease
}

/**
 * Checks an edition, then migrates, sets up and starts its plugins in order.
 *
 * @throws `TENON_EDITION_INVALID` with every problem of every plugin, before anything is started;
 * `TENON_PLUGIN_STEP_FAILED` and `TENON_PLUGIN_STEP_TIMEOUT` after everything has been released again.
 */
// biome-ignore lint/complexity/noBannedTypes: a host that needs nothing
export async function startKernel<const N extends Needs = {}>(edition: Edition, options: StartOptions<N>): Promise<Kernel<N>> {
  const elapsed = stopwatch()
  const { problems, plan: whole, redactor } = await examine(edition, options)
  if (whole === undefined) throw EditionInvalid.create({ edition: String(edition?.name), problems })
  const plan = options.scope === 'needs' ? withinReach(whole) : whole
  warnOfDeprecations(plan, options.logger)

  const registry = createRegistry({ core: options.core, catalogue: plan.catalogue, adapters: plan.adapters })
  const statistics = createCallStatistics()
  const members = createMembers({ plan, options, registry, redactor, statistics })
  const instances = members.map(({ instance }) => instance)
  const assembly = createAssembly(instances, options.logger)
  await assembly.up()
  const needs = await hostNeeds<N>(plan, registry, assembly)

  const role = options.role ?? 'all'
  const limits = limitsOf(options)
  const runner = createJobRunner({
    sources: members
      .filter(({ instance }) => instance.state === 'running')
      .map(({ instance, subject }) => ({ jobs: instance.jobs, subject })),
    clock: options.clock,
    logger: options.logger,
    lease: options.lease,
  })
  if (role !== 'api') runner.start()
  const startMs = elapsed()

  const healthOf = async (instance: Instance) => [instance.id, await instance.health()] as const
  const health: Kernel['health'] = async () => Object.freeze(Object.fromEntries(await Promise.all(instances.map(healthOf))))
  const stop = once(async () => {
    await runner.stop(limits.drain)
    await assembly.down()
  })
  return Object.freeze({
    edition: plan.edition,
    role,
    order: Object.freeze(instances.map(({ id }) => id)),
    needs,
    get instances() {
      return Object.freeze(instances.map(viewOf))
    },
    jobs: runner.jobs,
    routes: role === 'worker' ? new Map() : routesOf(instances),
    get: (capability) => lookUp(capability, plan, registry),
    health,
    metrics: () => ({
      calls: statistics.snapshot(),
      circuits: instances.map(({ id, breaker }) => ({ instance: id, state: breaker.state() })),
    }),
    async inspect() {
      const inspected = instances.map(async (instance) => Object.freeze({ ...viewOf(instance), health: await instance.health() }))
      return {
        edition: plan.edition,
        role,
        startMs,
        instances: await Promise.all(inspected),
        jobs: runner.jobs,
        calls: statistics.snapshot(),
      }
    },
    runJob: runner.run,
    stop,
    [Symbol.asyncDispose]: stop,
  } satisfies Kernel<N>)
}

const limitsOf = (options: { readonly limits?: Partial<StepLimits> }): StepLimits => ({ ...DEFAULT_LIMITS, ...options.limits })

/** One instance per planned one, with what its calls go through. */
function createMembers(parts: {
  readonly plan: StartPlan
  readonly options: StartOptions
  readonly registry: Registry
  readonly redactor: Redactor
  readonly statistics: CallStatistics
}): readonly { readonly instance: Instance; readonly subject: CallSubject }[] {
  const { plan, options, registry, redactor, statistics } = parts
  const { clock, logger, role = 'all', migrate } = options
  const onCall = hearingOf(options)
  const around = { role, registry, limits: limitsOf(options), logger, redactor, migrate }
  return plan.instances.map((planned) => {
    const breaker = createBreaker(clock)
    const subject: CallSubject = {
      instance: planned.instance,
      breaker,
      redactor,
      unavailable: () => (instance.state === 'failed' || instance.state === 'stopped' ? instance.reason : undefined),
      onCall(call) {
        const whole = { instance: planned.instance, ...call }
        statistics.record(whole)
        onCall?.(whole)
      },
    }
    const instance: Instance = new Instance(
      planned,
      createGuardTools(subject, (capability) => registry.core(capability, planned.instance)),
      breaker,
      around,
    )
    return { instance, subject }
  })
}

/** A trace hook that throws is told of once, and never disturbs a call. */
function hearingOf({ onCall, logger }: StartOptions): ((call: Call) => void) | undefined {
  if (onCall === undefined) return undefined
  const complain = once(async (error: unknown) => logger.error(`the onCall hook of the host threw: ${String(error)}`))
  return (call) => {
    try {
      onCall(call)
    } catch (error) {
      void complain(error)
    }
  }
}

/** What the host can not run without may have failed in an edition that goes on without it. */
async function hostNeeds<N extends Needs>(plan: StartPlan, registry: Registry, assembly: Assembly): Promise<Kernel<N>['needs']> {
  try {
    return Object.freeze(Object.fromEntries(plan.hostWires.map((wire) => [wire.name, registry.demand(wire)]))) as Kernel<N>['needs']
  } catch (error) {
    await assembly.down()
    throw error
  }
}

function lookUp<C extends AnyCapability>(capability: C, plan: StartPlan, registry: Registry): Resolved<C> {
  const { wire, problem } = plan.wiring.connect('', capability)
  const value = registry.resolve(wire)
  if (value !== undefined) return value as Resolved<C>
  throw CapabilityUnavailable.create({ capability: capability.id, reason: problem ?? 'its provider does not run' })
}

function warnOfDeprecations({ instances }: StartPlan, logger: KernelLogger): void {
  const warn = createDeprecationWarner(logger)
  const preview: readonly InstanceId[] = instances.filter(({ plugin }) => plugin.contract === 0).map(({ instance }) => instance)
  warn(PREVIEW_CONTRACT, preview)
}

/** The first call does it; later ones get its result. */
function once<A extends readonly unknown[], T>(run: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  let result: Promise<T> | undefined
  return (...args) => {
    result ??= run(...args)
    return result
  }
}
