import type { ProfileId } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import type { Live, LiveSegment, LiveTag } from '../definitions/live.ts'
import { outputsOf } from '../definitions/live.ts'
import { PluginIncomplete } from '../errors.ts'
import { historyOf } from './history.ts'
import { limited } from './limited.ts'
import { modelContext, modelFor } from './models.ts'
import type { ComputedValue, ComputedValues } from './record-values.ts'
import type { TurnScope } from './scope.ts'

/** For whom and at which instant. A turn need not have begun. */
export type ModelScope = Pick<TurnScope, 'workspace' | 'analytics' | 'granted' | 'signal'> & { readonly asOf: Date }

/** What definitions say about the people of a turn. A tag or segment that is not named stays as it is. */
export interface Computed {
  readonly values: ComputedValues
  readonly members: ReadonlyMap<string, ReadonlySet<ProfileId>>
}

/**
 * What a plugin says with the model that there is; undefined where it must learn first and has not. It has no more than its
 * time, whether it listens or not.
 */
export async function computeModel(
  station: { readonly store: Store; readonly limitMs: number },
  live: Live,
  scope: ModelScope,
): Promise<Computed | undefined> {
  if (live.plan.how !== 'model') return undefined
  const { workspace, asOf, granted } = scope
  const model = live.plan.fits ? (await modelFor(station.store, workspace, live))?.model : undefined
  if (live.plan.fits && model === undefined) return undefined
  const profiles = [...granted]
  const population = { default: false, exceptions: profiles }
  const request = {
    key: live.key,
    definition: live.definition,
    model,
    history: historyOf({ analytics: scope.analytics, until: asOf, population }),
    asOf,
    profiles,
  }
  return limited({
    what: `${live.type} ${live.key}`,
    limitMs: station.limitMs,
    signal: scope.signal,
    run: async (signal) => {
      const context = modelContext(workspace, asOf, signal)
      const call = { request, context, may: granted }
      return live.type === 'tag' ? valuesOf(live, call) : membersOf(live, call)
    },
  })
}

type ValueCall = Parameters<NonNullable<LiveTag['plugin']['value']>>
interface Call {
  readonly request: ValueCall[0]
  readonly context: ValueCall[1]
  readonly may: ReadonlySet<ProfileId>
}

async function valuesOf(live: LiveTag, { request, context, may }: Call): Promise<Computed> {
  if (live.plugin.value === undefined) throw PluginIncomplete.create({ kind: live.kind, method: 'value' })
  const values = new Map(outputsOf(live).map((tag) => [tag, new Map<ProfileId, ComputedValue>()]))
  if (may.size === 0) return { values, members: new Map() }
  for await (const page of live.plugin.value(request, context)) {
    context.signal.throwIfAborted()
    for (const { profile, tag, value, reasons } of page) if (may.has(profile)) values.get(tag)?.set(profile, { value, reasons })
  }
  return { values, members: new Map() }
}

async function membersOf(live: LiveSegment, { request, context, may }: Call): Promise<Computed> {
  if (live.plugin.assign === undefined) throw PluginIncomplete.create({ kind: live.kind, method: 'assign' })
  const members = new Map(outputsOf(live).map((segment) => [segment, new Set<ProfileId>()]))
  if (may.size === 0) return { values: new Map(), members }
  for await (const page of live.plugin.assign(request, context)) {
    context.signal.throwIfAborted()
    for (const { profile, segment } of page) if (may.has(profile)) members.get(segment)?.add(profile)
  }
  return { values: new Map(), members }
}

/** The same about fewer people: what was computed about the others is of no use any more. */
export const computedFor = ({ values, members }: Computed, people: ReadonlySet<ProfileId>): Computed => ({
  values: new Map([...values].map(([tag, held]) => [tag, new Map([...held].filter(([profile]) => people.has(profile)))])),
  members: new Map([...members].map(([segment, held]) => [segment, new Set([...held].filter((profile) => people.has(profile)))])),
})
