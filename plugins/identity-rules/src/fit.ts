import type { Dropped, Identifier } from '@tenon/kernel/contracts'
import type { Group } from './groups.ts'
import type { Rules, TypeRule } from './rules.ts'

export interface Fitted {
  readonly groups: readonly Group[]
  readonly dropped: readonly Dropped[]
}

/** When the event happened, and which rules count. */
export interface Occasion {
  readonly atMs: number
  /** An alias may join beyond limits. */
  readonly enforced: (rule: TypeRule) => boolean
}

/**
 * Drops the weakest groups that add to a violated limit until the rest may be one person. The strongest group stays, so
 * something always does. Limits never split what is one already: a profile above a limit that was lowered later is no
 * violation, growing it further is.
 */
export function fit(groups: readonly Group[], rules: Rules, occasion: Occasion): Fitted {
  if (groups.length < 2) return { groups, dropped: [] }
  const kept = [...groups]
  const dropped: Dropped[] = []
  for (let violated = violation(kept, rules, occasion); violated !== undefined; violated = violation(kept, rules, occasion)) {
    const { rule } = violated
    const weakest = kept.findLastIndex((group, index) => index > 0 && countOf(group, rule, occasion) > 0)
    if (weakest < 0) break
    const [out] = kept.splice(weakest, 1)
    dropped.push(...(out?.identifiers ?? []).map((identifier) => ({ ...identifier, rule: `limit:${rule.type}` })))
  }
  return { groups: kept, dropped }
}

function violation(groups: readonly Group[], rules: Rules, occasion: Occasion): { readonly rule: TypeRule } | undefined {
  for (const rule of rules.types.values()) {
    if (!occasion.enforced(rule)) continue
    const counts = groups.map((group) => countOf(group, rule, occasion))
    const together = counts.reduce((sum, count) => sum + count, 0)
    const alone = Math.max(0, ...groups.map((group, index) => (group.owner === undefined ? 0 : (counts[index] ?? 0))))
    if (together > rule.count && together > alone) return { rule }
  }
  return undefined
}

/** Values of a type that count against its limit: those first seen within the window. */
function countOf(group: Group, rule: TypeRule, { atMs }: Occasion): number {
  const { owner } = group
  if (owner === undefined) return ofType(group.identifiers, rule)
  if (rule.windowMs === Number.POSITIVE_INFINITY) return ofType(owner.identifiers, rule)
  return owner.identifiers.filter(({ type, since }) => type === rule.type && since.getTime() > atMs - rule.windowMs).length
}

const ofType = (identifiers: readonly Identifier[], rule: TypeRule): number =>
  identifiers.reduce((count, { type }) => (type === rule.type ? count + 1 : count), 0)
