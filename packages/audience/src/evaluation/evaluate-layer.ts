import type { Measure, ProfileId, Rule, TagValue } from '@tenon/kernel/contracts'
import type { Store } from '@tenon/store'
import type { Live, LiveSegment, LiveTag } from '../definitions/live.ts'
import { PluginIncomplete } from '../errors.ts'
import { historyOf } from './history.ts'
import { modelContext, modelFor } from './models.ts'
import { recordMembers, type Transition } from './record-members.ts'
import { type ComputedValue, recordValues } from './record-values.ts'
import { asked, type EvaluationScope } from './scope.ts'

export interface LayerResult {
  readonly transitions: readonly Transition[]
  /** Tag values that changed. */
  readonly changed: number
}

/** Evaluates definitions that do not need each other: one scan for all measures, one for all rules, models one by one. */
export async function evaluateLayer(store: Store, layer: readonly Live[], scope: EvaluationScope): Promise<LayerResult> {
  const measured = await evaluateMeasures(layer, scope)
  const ruled = await evaluateRules(layer, scope)
  let changed = measured + ruled.changed
  const transitions = [...ruled.transitions]
  for (const live of layer) {
    if (live.plan.how !== 'model') continue
    scope.signal.throwIfAborted()
    if (live.type === 'tag') changed += await evaluateTagModel(store, live, scope)
    else transitions.push(...(await evaluateSegmentModel(store, live, scope)))
  }
  return { transitions, changed }
}

async function evaluateMeasures(layer: readonly Live[], scope: EvaluationScope): Promise<number> {
  const measures: Record<string, Measure> = {}
  for (const { plan } of layer) if (plan.how === 'measure') measures[plan.tag.key] = plan.measure
  const tags = Object.keys(measures)
  if (tags.length === 0) return 0
  const values = new Map(tags.map((tag) => [tag, new Map<ProfileId, ComputedValue>()]))
  const { asOf, population } = scope
  for await (const page of scope.analytics.measures({ measures, asOf, population, ...asked(scope) })) {
    for (const { profile, values: row } of page) {
      for (const [tag, value] of Object.entries(row)) values.get(tag)?.set(profile, { value, reasons: [] })
    }
  }
  let changed = 0
  for (const [tag, computed] of values) changed += await recordValues(scope, tag, computed)
  return changed
}

async function evaluateRules(layer: readonly Live[], scope: EvaluationScope): Promise<LayerResult> {
  const rules: { readonly key: string; readonly rule: Rule }[] = []
  for (const live of layer) {
    if (live.plan.how === 'rule') rules.push({ key: segmentKey(live), rule: live.plan.rule })
    if (live.plan.how === 'cases') live.plan.cases.forEach(({ when }, index) => void rules.push({ key: caseKey(live, index), rule: when }))
  }
  if (rules.length === 0) return { transitions: [], changed: 0 }
  const { asOf, population } = scope
  const members = await scope.analytics.evaluateRules({ rules, asOf, population, ...asked(scope) })
  const transitions: Transition[] = []
  let changed = 0
  for (const live of layer) {
    if (live.plan.how === 'rule') {
      const transition = await recordMembers(scope, live.plan.segment.key, members.get(segmentKey(live)) ?? [])
      if (transition !== undefined) transitions.push(transition)
    }
    if (live.plan.how === 'cases') {
      const computed = firstCase(live.plan.cases, (index) => members.get(caseKey(live, index)) ?? [])
      changed += await recordValues(scope, live.plan.tag.key, computed)
    }
  }
  return { transitions, changed }
}

const segmentKey = (live: Live): string => `segment ${live.key}`
const caseKey = (live: Live, index: number): string => `case ${index} ${live.key}`

function firstCase(
  cases: readonly { readonly value: TagValue }[],
  membersOf: (index: number) => readonly ProfileId[],
): ReadonlyMap<ProfileId, ComputedValue> {
  const computed = new Map<ProfileId, ComputedValue>()
  cases.forEach(({ value }, index) => {
    const reasons = [{ code: 'CASE', detail: { case: index + 1 } }]
    for (const profile of membersOf(index)) if (!computed.has(profile)) computed.set(profile, { value, reasons })
  })
  return computed
}

async function evaluateTagModel(store: Store, live: LiveTag, scope: EvaluationScope): Promise<number> {
  if (live.plan.how !== 'model') return 0
  if (live.plugin.value === undefined) throw PluginIncomplete.create({ kind: live.kind, method: 'value' })
  const model = await modelFor(store, live, scope)
  if (live.plan.fits && model === undefined) return 0
  const values = new Map(live.plan.tags.map(({ key }) => [key, new Map<ProfileId, ComputedValue>()]))
  const request = { key: live.key, definition: live.definition, model, history: historyOf(scope), asOf: scope.asOf, ...asked(scope) }
  for await (const page of live.plugin.value(request, modelContext(scope, 'profile'))) {
    for (const { profile, tag, value, reasons } of page) values.get(tag)?.set(profile, { value, reasons })
  }
  let changed = 0
  for (const [tag, computed] of values) changed += await recordValues(scope, tag, computed)
  return changed
}

async function evaluateSegmentModel(store: Store, live: LiveSegment, scope: EvaluationScope): Promise<readonly Transition[]> {
  if (live.plan.how !== 'model') return []
  if (live.plugin.assign === undefined) throw PluginIncomplete.create({ kind: live.kind, method: 'assign' })
  const model = await modelFor(store, live, scope)
  if (live.plan.fits && model === undefined) return []
  const members = new Map(live.plan.segments.map(({ key }) => [key, new Set<ProfileId>()]))
  const request = { key: live.key, definition: live.definition, model, history: historyOf(scope), asOf: scope.asOf, ...asked(scope) }
  for await (const page of live.plugin.assign(request, modelContext(scope, 'profile'))) {
    for (const { profile, segment } of page) members.get(segment)?.add(profile)
  }
  const transitions = await Promise.all([...members].map(([segment, profiles]) => recordMembers(scope, segment, [...profiles])))
  return transitions.filter((transition) => transition !== undefined)
}
