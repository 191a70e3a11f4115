import type { AnyCapability } from '../plugin/capability.ts'
import type { Edition, Use } from '../plugin/edition.ts'
import type { InstanceId } from '../plugin/lifecycle.ts'
import type { Needs } from '../plugin/needs.ts'
import { type AdapterValue, isAdapterValue } from './adaptation.ts'
import { type Catalogue, capabilitiesOf, catalogueOf } from './catalogue.ts'
import { type ConfigReading, type InstanceConfig, readConfig } from './config.ts'
import {
  conflictProblems,
  coreProblems,
  cycleProblems,
  editionProblems,
  migrationsProblems,
  providesProblems,
  shapeProblem,
  workspacesProblems,
} from './edition-problems.ts'
import type { Environment } from './env.ts'
import { plan } from './graph.ts'
import { DEFAULT_LIMITS, type StepLimits } from './limits.ts'
import { type PluginValue, readPlugin } from './plugin-value.ts'
import type { Problem } from './problem.ts'
import { createRedactor, type Redactor } from './redactor.ts'
import { stopwatch } from './stopwatch.ts'
import { chooseProblems, connectAll, createWiring, edgesOf, type Wire, type Wiring } from './wiring.ts'

export interface CheckOptions {
  /** The core capabilities that the host provides: only the keys are looked at. */
  readonly core: { keys(): Iterable<AnyCapability> }
  /** What the host itself needs from the edition. */
  readonly needs?: Needs
  /** Where `fromEnv` looks; nothing is read from the process. */
  readonly env?: Environment
  readonly limits?: Partial<StepLimits>
  /** Present where the host can apply migrations; a plugin that brings some can not start without. */
  readonly migrate?: unknown
}

/** One instance that can be started. */
export interface PlannedInstance {
  readonly instance: InstanceId
  readonly plugin: PluginValue
  readonly config: InstanceConfig
  readonly wires: readonly Wire[]
  readonly onFailure: 'abort' | 'continue'
  /** What reading its configuration took. */
  readonly validateMs: number
}

/** An edition without problems, ready to be started. */
export interface StartPlan {
  readonly edition: string
  /** In start order. */
  readonly instances: readonly PlannedInstance[]
  readonly hostWires: readonly Wire[]
  readonly wiring: Wiring
  readonly catalogue: Catalogue
  readonly adapters: readonly AdapterValue[]
}

export interface Examination {
  readonly problems: readonly Problem[]
  /** Present when there are no problems. */
  readonly plan: StartPlan | undefined
  readonly redactor: Redactor
}

/** All problems of all plugins of an edition; an edition with none can be started. Starts nothing, never throws. */
export async function checkEdition(edition: Edition, options: CheckOptions): Promise<readonly Problem[]> {
  return (await examine(edition, options)).problems
}

interface Member {
  readonly use: Use
  readonly instance: InstanceId
  readonly plugin: PluginValue
  readonly needs: Needs
  readonly provides: PluginValue['provides']
}

/** Finds everything that is wrong with an edition, at once, and starts nothing. An edition without a problem has a plan. */
export async function examine(edition: Edition, options: CheckOptions): Promise<Examination> {
  const broken = shapeProblem(edition)
  if (broken !== undefined) return { problems: [broken], plan: undefined, redactor: createRedactor([]) }

  const { members, problems: pluginProblems } = readMembers(edition)
  const coreIds = [...options.core.keys()].map(({ id }) => id)
  const core = new Set(coreIds)
  const { catalogue, conflicts } = catalogueOf([
    ...options.core.keys(),
    ...capabilitiesOf(options.needs ?? {}),
    ...members.flatMap(({ needs, provides }) => [...Object.values(provides), ...capabilitiesOf(needs)]),
  ])
  const adapters = edition.adapters.filter(isAdapterValue)
  const rules = { members, adapters, catalogue, choose: edition.choose, core }
  const wiring = createWiring(rules)
  const host = connectAll(undefined, options.needs ?? {}, wiring)
  const connected = members.map((member) => ({ ...member, ...connectAll(member.instance, member.needs, wiring) }))
  const { order, cycles } = plan(connected.map(({ instance, wires }) => ({ name: instance, needs: wires.flatMap(edgesOf) })))
  const readings = await Promise.all(members.map((member) => readMember(member, options)))

  const redactor = createRedactor(readings.flatMap(({ secrets }) => secrets))
  const problems = [
    ...editionProblems(edition),
    ...pluginProblems,
    ...readings.flatMap((reading) => reading.problems),
    ...members.flatMap(({ use, plugin }) => workspacesProblems(use, plugin)),
    ...members.flatMap(({ instance, plugin }) => providesProblems(instance, plugin, core)),
    ...coreProblems(coreIds),
    ...conflictProblems(conflicts),
    ...connected.flatMap((member) => member.problems),
    ...host.problems,
    ...chooseProblems(rules, wiring),
    ...cycleProblems(cycles),
    ...members.flatMap(({ instance, plugin }) => migrationsProblems(instance, plugin, options.migrate !== undefined)),
  ].map((found) => Object.freeze({ ...found, path: redactor.text(found.path), problem: redactor.text(found.problem) }))
  if (problems.length > 0) return { problems, plan: undefined, redactor }

  const planned = new Map(
    connected.flatMap(({ use, instance, plugin, wires }, index) => {
      const { config, validateMs = 0 } = readings[index] ?? {}
      return config === undefined ? [] : [[instance, { instance, plugin, config, wires, onFailure: use.onFailure, validateMs }]]
    }),
  )
  const instances = order.flatMap((name) => planned.get(name) ?? [])
  return { problems, plan: { edition: edition.name, instances, hostWires: host.wires, wiring, catalogue, adapters }, redactor }
}

/** The same plan with those instances alone that the wires of the host lead to. */
export function withinReach(plan: StartPlan): StartPlan {
  const wires = new Map(plan.instances.map((planned) => [planned.instance, planned.wires]))
  const reached = new Set<InstanceId>()
  const follow = ({ from }: Wire): void => {
    for (const instance of from === 'host' ? [] : from) {
      if (reached.has(instance)) continue
      reached.add(instance)
      for (const wire of wires.get(instance) ?? []) follow(wire)
    }
  }
  for (const wire of plan.hostWires) follow(wire)
  return { ...plan, instances: plan.instances.filter(({ instance }) => reached.has(instance)) }
}

/** A plugin whose value is broken is reported, and left out of everything that follows. */
function readMembers(edition: Edition): { readonly members: readonly Member[]; readonly problems: readonly Problem[] } {
  const read = edition.plugins.map((use) => ({ use, ...readPlugin(use.plugin) }))
  return {
    members: read.flatMap(({ use, plugin }) =>
      plugin === undefined ? [] : [{ use, instance: use.as, plugin, needs: plugin.needs, provides: plugin.provides }],
    ),
    problems: read.flatMap(({ use, plugin, problems }) =>
      problems.map((problem) => ({
        instance: use.as,
        kind: plugin === undefined ? ('plugin' as const) : ('contract' as const),
        path: '',
        problem,
      })),
    ),
  }
}

async function readMember({ use, plugin }: Member, options: CheckOptions): Promise<ConfigReading & { readonly validateMs: number }> {
  const elapsed = stopwatch()
  const limitMs = options.limits?.validate ?? DEFAULT_LIMITS.validate
  const reading = await readConfig({ use, schema: plugin.config, env: options.env ?? {}, limitMs })
  return { ...reading, validateMs: elapsed() }
}
