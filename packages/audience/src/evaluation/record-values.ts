import { randomUUID } from 'node:crypto'
import type { ProfileId, Reason, TagValue } from '@tenon/kernel/contracts'
import type { EvaluationScope } from './scope.ts'

export interface ComputedValue {
  readonly value: TagValue
  readonly reasons: readonly Reason[]
}

/**
 * Writes what is different from the values now, so that the history of a tag holds changes and nothing else. Whoever was
 * looked at and got no value loses the old one. Answers how many changed.
 */
export async function recordValues(scope: EvaluationScope, tag: string, computed: ReadonlyMap<ProfileId, ComputedValue>): Promise<number> {
  const current = await currentValues(scope, tag)
  const changed = [...computed].filter(([profile, { value }]) => !sameValue(current.get(profile), value))
  const lost = [...current.keys()].filter((profile) => !computed.has(profile))
  const rows = [...changed.map(([profile, { value, reasons }]) => ({ profile, value, reasons })), ...lost.map((profile) => ({ profile }))]
  if (rows.length > 0) await scope.analytics.tagValues.record({ tag, rows, asOf: scope.asOf, evaluation: randomUUID() })
  return rows.length
}

async function currentValues({ analytics, profiles }: EvaluationScope, tag: string): Promise<ReadonlyMap<ProfileId, TagValue>> {
  const current = new Map<ProfileId, TagValue>()
  if (profiles === undefined) {
    for await (const page of analytics.tagValues.all(tag)) for (const { profile, value } of page) current.set(profile, value)
    return current
  }
  for (const [profile, values] of await analytics.tagValues.of(profiles, [tag])) {
    const held = values[tag]
    if (held !== undefined) current.set(profile, held.value)
  }
  return current
}

export function sameValue(left: TagValue | undefined, right: TagValue): boolean {
  if (left instanceof Date) return right instanceof Date && left.getTime() === right.getTime()
  if (isList(left)) return isList(right) && left.length === right.length && left.every((entry, index) => entry === right[index])
  return left === right
}

const isList = (value: TagValue | undefined): value is readonly string[] => Array.isArray(value)
