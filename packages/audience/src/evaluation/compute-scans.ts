import type { Measure, ProfileId, Rule, TagValue } from '@tenon/kernel/contracts'
import type { Live } from '../definitions/live.ts'
import type { Computed } from './compute-model.ts'
import type { ComputedValue } from './record-values.ts'
import { asked, type TurnScope } from './scope.ts'

/** The values of all measures, in one scan. */
export async function computeMeasures(lives: readonly Live[], scope: TurnScope): Promise<readonly Computed[]> {
  const measures: Record<string, Measure> = {}
  for (const { plan } of lives) if (plan.how === 'measure') measures[plan.tag.key] = plan.measure
  const values = new Map(Object.keys(measures).map((tag) => [tag, new Map<ProfileId, ComputedValue>()]))
  for await (const page of scope.analytics.measures({ measures, ...asked(scope) })) {
    for (const { profile, values: row } of page) {
      if (!scope.granted.has(profile)) continue
      for (const [tag, value] of Object.entries(row)) values.get(tag)?.set(profile, { value, reasons: NO_REASONS })
    }
  }
  return [{ values, members: new Map() }]
}

const NO_REASONS: readonly never[] = Object.freeze([])

/** Who is in the segments, and which case of the tags holds, in one scan. */
export async function computeRules(lives: readonly Live[], scope: TurnScope): Promise<readonly Computed[]> {
  const rules: { readonly key: string; readonly rule: Rule }[] = []
  for (const live of lives) {
    if (live.plan.how === 'rule') rules.push({ key: segmentKey(live), rule: live.plan.rule })
    if (live.plan.how === 'cases') live.plan.cases.forEach(({ when }, index) => void rules.push({ key: caseKey(live, index), rule: when }))
  }
  const found = await scope.analytics.evaluateRules({ rules, consents: scope.consents, ...asked(scope) })
  const holdsFor = (key: string): readonly ProfileId[] => (found.get(key) ?? []).filter((profile) => scope.granted.has(profile))
  return lives.map((live): Computed => {
    if (live.plan.how === 'rule') {
      return { values: new Map(), members: new Map([[live.plan.segment.key, new Set(holdsFor(segmentKey(live)))]]) }
    }
    if (live.plan.how !== 'cases') return { values: new Map(), members: new Map() }
    const values = firstCase(live.plan.cases, (index) => holdsFor(caseKey(live, index)))
    return { values: new Map([[live.plan.tag.key, values]]), members: new Map() }
  })
}

const segmentKey = (live: Live): string => `segment ${live.key}`
const caseKey = (live: Live, index: number): string => `case ${index} ${live.key}`

function firstCase(
  cases: readonly { readonly value: TagValue }[],
  holdsFor: (index: number) => readonly ProfileId[],
): ReadonlyMap<ProfileId, ComputedValue> {
  const computed = new Map<ProfileId, ComputedValue>()
  cases.forEach(({ value }, index) => {
    const reasons = [{ code: 'CASE', detail: { case: index + 1 } }]
    for (const profile of holdsFor(index)) if (!computed.has(profile)) computed.set(profile, { value, reasons })
  })
  return computed
}
