import type { ProfileId, Reason, TagValue } from '@tenon/kernel/contracts'
import type { TurnScope } from './scope.ts'

export interface ComputedValue {
  readonly value: TagValue
  readonly reasons: readonly Reason[]
}

/** Values by tag and person. Who is absent under a tag has no value of it. */
export type ComputedValues = ReadonlyMap<string, ReadonlyMap<ProfileId, ComputedValue>>

/**
 * Writes what is different from the values now, so that the history of a tag holds changes and nothing else. Whoever was
 * looked at and got no value loses the old one. Answers how many changed.
 */
export async function recordValues(scope: TurnScope, computed: ComputedValues): Promise<number> {
  const { analytics, people, turn, signal } = scope
  if (computed.size === 0 || people.size === 0) return 0
  const current = await analytics.tagValues.of([...people], [...computed.keys()], { signal })
  let count = 0
  for (const [tag, values] of computed) {
    const changed = [...values].filter(([profile, { value }]) => !sameValue(current.get(profile)?.[tag]?.value, value))
    const lost = [...current].filter(([profile, held]) => held[tag] !== undefined && people.has(profile) && !values.has(profile))
    const rows = [
      ...changed.map(([profile, { value, reasons }]) => ({ profile, value, reasons })),
      ...lost.map(([profile]) => ({ profile })),
    ]
    if (rows.length === 0) continue
    await analytics.tagValues.record({ tag, rows, asOf: turn.asOf, evaluation: turn.asOf.toISOString() }, { signal })
    count += rows.length
  }
  return count
}

export function sameValue(left: TagValue | undefined, right: TagValue): boolean {
  if (left instanceof Date) return right instanceof Date && left.getTime() === right.getTime()
  if (isList(left)) return isList(right) && left.length === right.length && left.every((entry, index) => entry === right[index])
  return left === right
}

const isList = (value: TagValue | undefined): value is readonly string[] => Array.isArray(value)
