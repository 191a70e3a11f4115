import { type Clock, type Properties, parseJson } from '@tenon/kernel/contracts'
import type { Definition, DefinitionPut, DefinitionVersion, Store } from '@tenon/store'
import { type CheckEvent, type CheckedEvent, compilePlan } from './check-event.ts'
import { type ParsedPlan, type PlanProblem, parsePlan } from './parse-plan.ts'
import type { Finding, TrackingPlan } from './plan.ts'

/** The checks of one workspace, as its plans are now. */
export type FindPlan = (source: string) => CheckEvent | undefined

export type PutPlan =
  | { readonly ok: true; readonly definition: Definition; readonly changed: boolean }
  | { readonly ok: false; readonly problems: readonly PlanProblem[] }
  | { readonly ok: false; readonly version: number }
  | { readonly ok: false; readonly taken: string }

export interface TrackingPlans {
  list(workspace: string): Promise<readonly Definition[]>
  get(workspace: string, key: string): Promise<Definition | undefined>
  versions(workspace: string, key: string): Promise<readonly DefinitionVersion[]>
  put(
    workspace: string,
    plan: { readonly key: string; readonly label: Definition['label']; readonly definition: Properties; readonly ifVersion?: number },
  ): Promise<PutPlan>
  /** Whether it was in use. */
  retire(workspace: string, key: string): Promise<boolean>
  /** What a plan says of an event; undefined where it keeps to it. */
  check(plan: Definition, event: CheckedEvent): Finding | undefined
  /** Undefined where the workspace has no plan. Read again after a second: a change holds everywhere within that time. */
  of(workspace: string): Promise<FindPlan | undefined>
}

const KIND = 'json-schema'
const FRESH_MS = 1_000

export function createTrackingPlans({ store, clock }: { readonly store: Store; readonly clock: Clock }): TrackingPlans {
  const plansOf = (workspace: string) => store.in(workspace).definitions.plans
  const known = new Map<string, Known>()

  return Object.freeze<TrackingPlans>({
    list: (workspace) => plansOf(workspace).list(),
    get: async (workspace, key) => {
      const found = await plansOf(workspace).get(key)
      return found?.retiredAt === undefined ? found : undefined
    },
    versions: (workspace, key) => plansOf(workspace).history(key),
    async put(workspace, { key, label, definition, ifVersion }) {
      const parsed = parsePlan(definition)
      if (!parsed.ok) return parsed
      const taken = takenBy(parsed.plan, key, await plansOf(workspace).list())
      if (taken !== undefined) return { ok: false, taken }
      const outcome: DefinitionPut = await plansOf(workspace).put({
        ...{ key, kind: KIND, label, definition: asJson(parsed.plan) },
        ...(ifVersion === undefined ? {} : { ifVersion }),
      })
      return outcome.ok ? outcome : { ok: false, version: outcome.current }
    },
    retire: (workspace, key) => plansOf(workspace).retire(key),
    check: (plan, event) => compiled(plan).check?.(event),
    async of(workspace) {
      const now = clock.now().getTime()
      const last = known.get(workspace)
      if (last !== undefined && Math.abs(now - last.at) < FRESH_MS) return last.find
      const plans = await plansOf(workspace).list()
      const checks = new Map(plans.map((plan) => [nameOf(plan), last?.checks.get(nameOf(plan)) ?? compiled(plan)]))
      const find = finderOf([...checks.values()])
      known.set(workspace, { at: now, checks, find })
      return find
    },
  })
}

const asJson = (plan: TrackingPlan): Properties => parseJson<Properties>(JSON.stringify(plan))

/** A plan as it checks events; without a check it is one that nobody can read. */
interface CompiledPlan {
  readonly sources?: readonly string[]
  readonly check?: CheckEvent
}

/** What is known of a workspace. Its checks keep what they have compiled for as long as their version of the plan is in use. */
interface Known {
  readonly at: number
  readonly checks: ReadonlyMap<string, CompiledPlan>
  readonly find: FindPlan | undefined
}

const nameOf = ({ key, version }: Definition): string => `${key}@${version}`

function compiled({ key, version, definition }: Definition): CompiledPlan {
  const parsed: ParsedPlan = parsePlan(definition)
  if (!parsed.ok) return {}
  const { sources } = parsed.plan
  return { check: compilePlan(key, version, parsed.plan), ...(sources === undefined ? {} : { sources }) }
}

/** The plan of a source goes before the one of the workspace. */
function finderOf(plans: readonly CompiledPlan[]): FindPlan | undefined {
  if (plans.length === 0) return undefined
  const bySource = new Map<string, CheckEvent>()
  let whole: CheckEvent | undefined
  for (const { sources, check } of plans) {
    if (check === undefined) continue
    if (sources === undefined) whole ??= check
    else for (const source of sources) bySource.set(source, check)
  }
  return (source) => bySource.get(source) ?? whole
}

/** Another plan that is for the same: an event is checked against one. */
function takenBy({ sources }: TrackingPlan, key: string, plans: readonly Definition[]): string | undefined {
  return plans.find((other) => {
    if (other.key === key) return false
    const theirs = other.definition.sources
    if (sources === undefined || !Array.isArray(theirs)) return sources === undefined && theirs === undefined
    return sources.some((source) => theirs.includes(source))
  })?.key
}
